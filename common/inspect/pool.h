/* The workers of postgate-inspect and the queue before them. One thread serves all of them; who submits never waits. */
#ifndef INSPECT_POOL_H
#define INSPECT_POOL_H
#include "base/err.h"
#include "facts/facts.h"
#include "inspect/wire.h"

#define POOL_QUEUE_PER_WORKER 4
#define POOL_NOT_TRIED                                                                         \
    "not tried: " /* begins each failure of a message that no worker ever had */

struct pool_options {
    const char *program; /* path of postgate-inspect */
    unsigned workers;
    unsigned messages; /* a worker ends after these */
    uint64_t memory;   /* bytes of address space of a worker */
    int64_t timeout;   /* ms for one message */
    struct wire_limits
        limits; /* time_ms is set for each message from what is left of its time */
};

/* message_fd and wants (header names, lower case, each ended by NUL) stay the caller's and must live until done is called: once, from
 * the pool's thread, never from inside pool_submit. facts: the answer, done's to free; NULL with the failure otherwise. */
struct pool_job {
    int message_fd;
    uint64_t
        asker; /* who sent it, as a number: where many wait, nobody gets more than his share */
    int64_t deadline; /* clock_mono_ms; waiting counts against it */
    struct span wants;
    void (*done)(void *ctx, struct facts *facts, const char *failure);
    void *ctx;
};

struct pool;

/* Waits until the zygote stands in its sandbox; -1 says why it does not. */
int pool_start(struct pool **pool_r, const struct pool_options *options, struct err *err);
/* -1, and done is not called: the queue is full, the message is not sealed, postgate-inspect cannot be started. */
int pool_submit(struct pool *pool, const struct pool_job *job, struct err *err);
/* Fails what is under way and ends all processes. */
void pool_stop(struct pool **pool);

struct pool_counts {
    uint64_t messages, failures, workers_started, workers_lost;
    unsigned queued, queue_max, workers;
};
void pool_count(struct pool *pool, struct pool_counts *counts_r);
#endif
