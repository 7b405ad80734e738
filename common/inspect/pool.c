/* pool.c - a pool as others use it: started, given jobs, counted, stopped. */
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "facts/block.h"
#include "inspect/pool_inside.h"
#include "inspect/sender_wire.h"

#define START_MS 30000 /* for the zygote to stand in its sandbox */
#define READY_AGAIN_MS                                                                         \
    10000 /* ... when it was started again: its files have been read before */

const struct pool_kind pool_content = {
    .name = WIRE_CONTENT,
    .title = "inspector",
    .state = "postgate-inspect",
    .shortage = "inspector workers",
    .slowness = "postgate-inspect start",
    .loss = "; its message is deferred",
    .queue_per_worker = 4,
    .queue_max = 1024,
    .needs_message = true,
    .body_max = WIRE_WANT_MAX,
    .answer_max = BLOCK_MAX_BYTES,
};
/* A question takes less than a millisecond, so more may wait. */
const struct pool_kind pool_sender = {
    .name = WIRE_SENDER,
    .title = "sender inspector",
    .state = "postgate-inspect sender",
    .shortage = "sender inspector workers",
    .slowness = "postgate-inspect sender start",
    .loss = "; its question fails",
    .queue_per_worker = 64,
    .queue_max = 4096,
    .body_max = SENDER_REQUEST_BYTES,
    .answer_max = SENDER_RESULT_BYTES,
};

static void wake(struct pool *pool)
{
    uint64_t one = 1;

    (void)!write(pool->wake_fd, &one, sizeof one);
}

static size_t room_to_wait(const struct pool_options *options)
{
    size_t room = (size_t)options->workers * options->kind->queue_per_worker;

    return room < options->kind->queue_max ? room : options->kind->queue_max;
}

static struct pool *pool_new(const struct pool_options *options)
{
    struct pool *pool = xcalloc(1, sizeof *pool);
    pthread_condattr_t attributes;

    pool->options = *options;
    if (pool->options.again_ms <= 0)
        pool->options.again_ms = READY_AGAIN_MS;
    pool->ready_by = INT64_MAX;
    pool->program = xstrdup(options->program);
    queue_init(&pool->queue, room_to_wait(options));
    pool->seats = xcalloc(options->workers, sizeof *pool->seats);
    pool->polled = xcalloc(POOL_FIXED_FDS + options->workers, sizeof *pool->polled);
    pool->launch.control_fd = -1;
    pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    for (unsigned i = 0; i < options->workers; i++)
        seat_init(&pool->seats[i]);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return pool;
}

static void pool_free(struct pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->changed);
    if (pool->wake_fd >= 0)
        close(pool->wake_fd);
    xfree(&pool->program);
    queue_clear(&pool->queue);
    xfree(&pool->refused);
    xfree(&pool->seats);
    xfree(&pool->polled);
    xfree(&pool);
}

static int wait_until_ready(struct pool *pool, struct err *err)
{
    int64_t until_ms = clock_mono_ms() + START_MS;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    int result = 0;

    pthread_mutex_lock(&pool->lock);
    while (!pool->is_ready && pool->failure[0] == '\0' && result == 0)
        result = pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
    result = pool->is_ready ? 0 : -1;
    if (result < 0)
        err_set(err, "postgate-inspect: %s",
                pool->failure[0] != '\0' ? pool->failure : "it does not get ready");
    pthread_mutex_unlock(&pool->lock);
    return result;
}

int pool_start(struct pool **pool_r, const struct pool_options *options, struct err *err)
{
    struct pool *pool = pool_new(options);

    if (pool->wake_fd < 0 || pthread_create(&pool->thread, NULL, pool_run, pool) != 0) {
        pool_free(pool);
        return err_set(err, "postgate-inspect: no thread or descriptor for its pool");
    }
    if (wait_until_ready(pool, err) < 0) {
        pool_stop(&pool);
        return -1;
    }
    *pool_r = pool;
    return 0;
}

static int check_job(const struct pool *pool, const struct pool_job *job, struct err *err)
{
    const struct pool_kind *kind = pool->options.kind;
    uint64_t size;

    if (job->message_fd < 0 ? kind->needs_message : !exchange_is_sealed(job->message_fd, &size))
        return err_set(err, "the message is not sealed");
    if (job->body.len > kind->body_max)
        return err_set(err, "the rules ask for too much at once");
    return 0;
}

int pool_submit(struct pool *pool, const struct pool_job *job, struct err *err)
{
    int result = 0;

    if (check_job(pool, job, err) < 0)
        return -1;
    pthread_mutex_lock(&pool->lock);
    if (pool->is_stopping || pool->failure[0] != '\0')
        result = err_set(err, POOL_NOT_TRIED "postgate-inspect is down: %s", pool->failure);
    else if (!queue_put(&pool->queue, job))
        result = err_set(err, QUEUE_FULL);
    if (result < 0)
        pool->counts.failures++;
    pthread_mutex_unlock(&pool->lock);
    if (result == 0)
        wake(pool);
    return result;
}

void pool_fail(struct pool *pool, const struct pool_job *job, const char *why)
{
    struct pool_refused *refused;

    pthread_mutex_lock(&pool->lock);
    if (pool->refused_count == pool->refused_room) {
        pool->refused_room = pool->refused_room > 0 ? 2 * pool->refused_room : 16;
        pool->refused = xreallocarray(pool->refused, pool->refused_room, sizeof *pool->refused);
    }
    refused = &pool->refused[pool->refused_count++];
    refused->job = *job;
    snprintf(refused->why, sizeof refused->why, "%s", why);
    pthread_mutex_unlock(&pool->lock);
    wake(pool);
}

void pool_stop(struct pool **pool)
{
    struct pool *gone = *pool;

    *pool = NULL;
    if (gone == NULL)
        return;
    pthread_mutex_lock(&gone->lock);
    gone->is_stopping = true;
    pthread_mutex_unlock(&gone->lock);
    wake(gone);
    pthread_join(gone->thread, NULL);
    pool_free(gone);
}

void pool_count(struct pool *pool, struct pool_counts *counts_r)
{
    pthread_mutex_lock(&pool->lock);
    *counts_r = pool->counts;
    counts_r->queued = (unsigned)queue_count(&pool->queue);
    counts_r->queue_max = (unsigned)pool->queue.max;
    counts_r->workers = pool->options.workers;
    pthread_mutex_unlock(&pool->lock);
}
