/* Messages that wait for a worker: bounded, and shared fairly among those who sent them. Thread-safe. */
#ifndef INSPECT_QUEUE_H
#define INSPECT_QUEUE_H
#include <pthread.h>
#include "inspect/pool.h"

#define QUEUE_EVICTED INT64_MIN
/* Why no worker ever had a job. */
#define QUEUE_FULL POOL_NOT_TRIED "inspection queue full"
#define QUEUE_LATE POOL_NOT_TRIED "no worker was free before the deadline"

/* One asker's jobs, for a moment: a row of a table hashed by asker. */
struct queue_share {
    uint64_t asker;
    size_t count, newest;
};

struct queue {
    pthread_mutex_t lock;
    size_t count, max;
    struct pool_job *jobs; /* the oldest first */
    size_t evicted_count;  /* at most max */
    struct pool_job *evicted;
    uint64_t last_asker; /* of the job taken last */
    size_t share_mask;
    struct queue_share *shares; /* more rows than askers */
};

void queue_init(struct queue *queue, size_t max);
void queue_clear(struct queue *queue); /* must be empty */
/* False: full, and nobody has more waiting than this asker would. Else the newest of him who has most makes room. */
bool queue_put(struct queue *queue, const struct pool_job *job);
/* The oldest of another asker than last time, or the oldest. */
bool queue_take(struct queue *queue, struct pool_job *job_r);
/* One that made room (its deadline is QUEUE_EVICTED), or whose deadline is over. */
bool queue_take_late(struct queue *queue, int64_t now, struct pool_job *job_r);
int64_t queue_deadline(struct queue *queue); /* the nearest; INT64_MAX when empty */
size_t queue_count(struct queue *queue);
#endif
