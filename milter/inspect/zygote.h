/* The process that forks workers on request and reports how they end. It never reads a message. */
#ifndef MILTER_INSPECT_ZYGOTE_H
#define MILTER_INSPECT_ZYGOTE_H
#include "milter/inspect/worker.h"

/* Enters the sandbox, says READY or FAILED, serves orders until the client closes. Returns the exit status. */
int zygote_run(const struct worker_kind *kind);
#endif
