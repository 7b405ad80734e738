/* A worker: takes messages apart, one after another, until its client closes. */
#ifndef MILTER_INSPECT_WORKER_H
#define MILTER_INSPECT_WORKER_H
#include <stdint.h>
#include <sys/types.h>

/* In the forked child; never returns. */
_Noreturn void worker_run(int socket_fd, uint64_t memory, pid_t zygote);
#endif
