/* A worker: serves one request after another until its client closes. What it does with one is its kind's. */
#ifndef MILTER_INSPECT_WORKER_H
#define MILTER_INSPECT_WORKER_H
#include <stdbool.h>
#include <sys/types.h>
#include "base/span.h"
#include "inspect/wire.h"

struct worker_request {
    int socket_fd; /* where the answer goes */
    const struct wire_request *head;
    struct span body;
    bool has_message;
    struct span message;
};

struct worker_kind {
    const char *name; /* of the pool */
    size_t body_max;
    void (*prepare)(void); /* before the sandbox */
    /* False: that is no request; the worker ends. */
    bool (*serve)(const struct worker_request *request);
};
extern const struct worker_kind worker_content; /* content_worker.c */
extern const struct worker_kind worker_sender;  /* sender_worker.c */

struct worker_options {
    const struct worker_kind *kind;
    int socket_fd;
    uint64_t memory; /* bytes of address space */
    pid_t zygote;
};
/* In the forked child; never returns. */
_Noreturn void worker_run(const struct worker_options *options);
#endif
