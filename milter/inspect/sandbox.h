/* What the zygote and its workers may still do: compute, and talk over the socket they have. No way back. */
#ifndef MILTER_INSPECT_SANDBOX_H
#define MILTER_INSPECT_SANDBOX_H
#include <stdint.h>
#include <sys/types.h>
#include "base/err.h"

/* The zygote: no new privileges, no files (Landlock, limits), of system calls only what it and its workers need. -1 says what the
 * kernel lacks. After it every forbidden system call ends the process with SIGSYS. */
int sandbox_enter(struct err *err);
/* A worker, after fork: its memory bounded, no further processes, no signals; dies with the zygote. */
int sandbox_tighten(uint64_t memory, pid_t zygote, struct err *err);
#endif
