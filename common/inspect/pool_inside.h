/* Private to pool*.c: one pool; the pool's thread and its zygote. */
#ifndef INSPECT_POOL_INSIDE_H
#define INSPECT_POOL_INSIDE_H
#include <poll.h>
#include <pthread.h>
#include "inspect/queue.h"
#include "inspect/seat.h"

#define POOL_FIXED_FDS 2 /* of the poll table: wake, control */

/* Taken, but never given to a worker. */
struct pool_refused {
    struct pool_job job;
    char why[200];
};

struct pool {
    struct pool_options options;
    char *program;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* is_ready, failure */
    int wake_fd;
    /* under the lock */
    bool is_stopping, is_ready;
    char failure[sizeof((struct wire_news *)NULL)->text +
                 200]; /* why it last did not start; "" */
    struct pool_counts counts;
    size_t refused_count, refused_room;
    struct pool_refused *refused; /* for the thread to fail */
    struct queue queue;           /* has a lock of its own */
    /* the thread's own */
    struct launch launch;
    uint32_t next_worker;
    int64_t start_at; /* the next start of the zygote */
    int64_t ready_by; /* of one started again: killed then; else INT64_MAX */
    bool was_ready;
    struct seat *seats;
    struct pollfd *polled;
};

/* The thread: brings messages and workers together and keeps the deadlines until the pool is stopping. */
void *pool_run(void *pool);
/* Counts one up. */
void pool_count_up(struct pool *pool, uint64_t *counter);

/* The zygote is started when it does not run and its time has come. */
void pool_zygote_start(struct pool *pool);
/* What it tells. */
void pool_zygote_hear(struct pool *pool);
/* Kills one that was started again and does not get ready. */
void pool_zygote_keep_time(struct pool *pool);
#endif
