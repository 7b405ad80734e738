/* The workers of postgate-inspect and the queue before them. One thread serves all of them; who submits never waits. */
#ifndef INSPECT_POOL_H
#define INSPECT_POOL_H
#include "base/err.h"
#include "base/span.h"
#include "inspect/wire.h"

#define POOL_NOT_TRIED                                                                         \
    "not tried: " /* begins each failure of a message that no worker ever had */

/* The two pools of postgate-inspect: each its own zygote and workers. */
struct pool_kind {
    const char *name;          /* its argument: WIRE_CONTENT, WIRE_SENDER */
    const char *title;         /* begins log lines */
    const char *state;         /* key of log_state: the zygote */
    const char *shortage;      /* ... the workers */
    const char *slowness;      /* ... a zygote that does not get ready */
    const char *loss;          /* ends those about a worker that was lost at work */
    unsigned queue_per_worker; /* what may wait */
    unsigned queue_max;
    bool needs_message;
    size_t body_max;
    uint32_t answer_max;
};
extern const struct pool_kind pool_content; /* a block of facts: inspect/content_facts.h */
extern const struct pool_kind pool_sender;  /* inspect/sender_wire.h */

struct pool_options {
    const struct pool_kind *kind;
    const char *program; /* path of postgate-inspect */
    unsigned workers;
    unsigned messages; /* a worker ends after these */
    uint64_t memory;   /* bytes of address space of a worker */
    int64_t timeout;   /* ms for one message */
    int64_t again_ms;  /* for a zygote that is started again to get ready; 0: ten seconds */
    struct wire_limits
        limits; /* time_ms is set for each message from what is left of its time */
};

/* message_fd and body stay the caller's and must live until done is called: once, from the pool's thread, never from inside pool_submit. */
struct pool_job {
    int message_fd; /* -1: none */
    uint64_t
        asker; /* who sent it, as a number: where many wait, nobody gets more than his share */
    int64_t deadline; /* clock_mono_ms; waiting counts against it */
    int64_t timeout;  /* ms with a worker; 0: the pool's */
    uint32_t wants;   /* WIRE_LINKS */
    struct span body; /* behind the wire_request */
    /* The worker's answer, right before done(ctx, NULL), and there until that returns. -1: it must not be believed; the worker is then
     * sent away and done gets the failure. */
    int (*take)(void *ctx, struct span answer, struct err *err);
    void (*done)(void *ctx, const char *failure);
    void *ctx;
};

struct pool;

/* Waits until the zygote stands in its sandbox; -1 says why it does not. */
int pool_start(struct pool **pool_r, const struct pool_options *options, struct err *err);
/* -1, and done is not called: the queue is full, the message is not sealed, postgate-inspect cannot be started. */
int pool_submit(struct pool *pool, const struct pool_job *job, struct err *err);
/* Has the pool's thread call done with this failure (copied, cut at 200 bytes), for who must not call it himself. */
void pool_fail(struct pool *pool, const struct pool_job *job, const char *why);
/* Fails what is under way and ends all processes. */
void pool_stop(struct pool **pool);

struct pool_counts {
    uint64_t messages, failures, workers_started, workers_lost;
    unsigned queued, queue_max, workers;
};
void pool_count(struct pool *pool, struct pool_counts *counts_r);
#endif
