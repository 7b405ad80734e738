/* Messages that wait for a worker: bounded, first come first served. Thread-safe. */
#ifndef INSPECT_QUEUE_H
#define INSPECT_QUEUE_H
#include <pthread.h>
#include "inspect/pool.h"

struct queue {
    pthread_mutex_t lock;
    size_t count, max;
    struct pool_job *jobs;
};

void queue_init(struct queue *queue, size_t max);
void queue_clear(struct queue *queue);                           /* must be empty */
bool queue_put(struct queue *queue, const struct pool_job *job); /* false: full */
bool queue_take(struct queue *queue, struct pool_job *job_r);    /* the oldest */
bool queue_take_late(struct queue *queue, int64_t now,
                     struct pool_job *job_r); /* one whose deadline is over */
int64_t queue_deadline(struct queue *queue);  /* the nearest; INT64_MAX when empty */
size_t queue_count(struct queue *queue);
#endif
