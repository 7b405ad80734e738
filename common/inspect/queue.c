/* queue.c - a small array under a lock; it holds at most some thousands. */
#include <string.h>
#include "base/xalloc.h"
#include "inspect/queue.h"

void queue_init(struct queue *queue, size_t max)
{
    size_t rows = 4;

    while (rows < 2 * (max + 1))
        rows *= 2;
    *queue = (struct queue){.max = max, .share_mask = rows - 1};
    queue->shares = xcalloc(rows, sizeof *queue->shares);
    queue->jobs = xcalloc(max, sizeof *queue->jobs);
    queue->evicted = xcalloc(max, sizeof *queue->evicted);
    pthread_mutex_init(&queue->lock, NULL);
}

void queue_clear(struct queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
    xfree(&queue->jobs);
    xfree(&queue->evicted);
    xfree(&queue->shares);
}

/* --- under the lock --- */

static void take_at(struct queue *queue, size_t at, struct pool_job *job_r)
{
    *job_r = queue->jobs[at];
    queue->count--;
    memmove(&queue->jobs[at], &queue->jobs[at + 1], (queue->count - at) * sizeof *queue->jobs);
}

static struct queue_share *share_of(struct queue *queue, uint64_t asker)
{
    size_t at = (size_t)(asker * 0x9e3779b97f4a7c15u >> 20) & queue->share_mask;

    while (queue->shares[at].count > 0 && queue->shares[at].asker != asker)
        at = (at + 1) & queue->share_mask;
    return &queue->shares[at];
}

static void count_shares(struct queue *queue)
{
    memset(queue->shares, 0, (queue->share_mask + 1) * sizeof *queue->shares);
    for (size_t i = 0; i < queue->count; i++) {
        struct queue_share *share = share_of(queue, queue->jobs[i].asker);
        *share = (struct queue_share){queue->jobs[i].asker, share->count + 1, i};
    }
}

/* The newest job of him who has most waiting, when that is more than the newcomer would have. */
static bool make_room(struct queue *queue, uint64_t newcomer)
{
    size_t most, at = queue->count;

    count_shares(queue);
    most = share_of(queue, newcomer)->count + 1;
    for (size_t i = 0; i < queue->count; i++) {
        const struct queue_share *share = share_of(queue, queue->jobs[i].asker);
        if (share->count > most) {
            most = share->count;
            at = share->newest;
        }
    }
    if (at == queue->count || queue->evicted_count == queue->max)
        return false;
    take_at(queue, at, &queue->evicted[queue->evicted_count]);
    queue->evicted[queue->evicted_count++].deadline = QUEUE_EVICTED;
    return true;
}

static size_t next(const struct queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        if (queue->jobs[i].asker != queue->last_asker)
            return i;
    return 0;
}

/* --- what others call --- */

bool queue_put(struct queue *queue, const struct pool_job *job)
{
    bool has_room;

    pthread_mutex_lock(&queue->lock);
    has_room = queue->count < queue->max || make_room(queue, job->asker);
    if (has_room)
        queue->jobs[queue->count++] = *job;
    pthread_mutex_unlock(&queue->lock);
    return has_room;
}

bool queue_take(struct queue *queue, struct pool_job *job_r)
{
    bool has_job;

    pthread_mutex_lock(&queue->lock);
    has_job = queue->count > 0;
    if (has_job) {
        take_at(queue, next(queue), job_r);
        queue->last_asker = job_r->asker;
    }
    pthread_mutex_unlock(&queue->lock);
    return has_job;
}

bool queue_take_late(struct queue *queue, int64_t now, struct pool_job *job_r)
{
    bool found = false;

    pthread_mutex_lock(&queue->lock);
    if (queue->evicted_count > 0) {
        *job_r = queue->evicted[--queue->evicted_count];
        found = true;
    }
    for (size_t i = 0; i < queue->count && !found; i++) {
        found = now >= queue->jobs[i].deadline;
        if (found)
            take_at(queue, i, job_r);
    }
    pthread_mutex_unlock(&queue->lock);
    return found;
}

int64_t queue_deadline(struct queue *queue)
{
    int64_t nearest = INT64_MAX;

    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < queue->count; i++)
        if (queue->jobs[i].deadline < nearest)
            nearest = queue->jobs[i].deadline;
    pthread_mutex_unlock(&queue->lock);
    return nearest;
}

size_t queue_count(struct queue *queue)
{
    size_t count;

    pthread_mutex_lock(&queue->lock);
    count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}
