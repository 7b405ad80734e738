/* pool_thread.c - the thread that brings messages and workers together and keeps the deadlines. */
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "inspect/pool_inside.h"

#define ATTEMPTS 3 /* workers offered to one message */

void pool_count_up(struct pool *pool, uint64_t *counter)
{
    pthread_mutex_lock(&pool->lock);
    (*counter)++;
    pthread_mutex_unlock(&pool->lock);
}

static void fail_job(struct pool *pool, const struct pool_job *job, const char *why)
{
    pool_count_up(pool, &pool->counts.failures);
    job->done(job->ctx, why);
}

static void fill_seats(struct pool *pool)
{
    struct err err;

    for (unsigned i = 0; i < pool->options.workers && pool->is_ready; i++) {
        struct seat *seat = &pool->seats[i];
        if (seat->fd >= 0)
            continue;
        if (seat_fill(seat, &pool->launch, ++pool->next_worker, pool->options.memory, &err) <
            0) {
            log_state(pool->options.kind->shortage, true, LOG_LEVEL_ERROR, "%s", err.text);
            return;
        }
        pool_count_up(pool, &pool->counts.workers_started);
    }
}

static struct seat *idle_seat(struct pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++)
        if (pool->seats[i].fd >= 0 && !pool->seats[i].is_busy)
            return &pool->seats[i];
    return NULL;
}

/* A worker that is not to be had is no fault of the message: it is offered another one. */
static void give_job(struct pool *pool, const struct pool_job *job)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        struct seat *seat = idle_seat(pool);
        if (seat != NULL && seat_give(seat, &pool->launch, job, &pool->options) == 0)
            return;
        fill_seats(pool);
    }
    fail_job(pool, job, POOL_NOT_TRIED "no worker could be had");
}

static bool take_refused(struct pool *pool, struct pool_refused *refused_r)
{
    bool has_one;

    pthread_mutex_lock(&pool->lock);
    has_one = pool->refused_count > 0;
    if (has_one)
        *refused_r = pool->refused[--pool->refused_count];
    pthread_mutex_unlock(&pool->lock);
    return has_one;
}

static void fail_refused(struct pool *pool)
{
    struct pool_refused refused;

    while (take_refused(pool, &refused))
        fail_job(pool, &refused.job, refused.why);
}

static void give_work(struct pool *pool)
{
    struct pool_job job;

    fail_refused(pool);

    while (queue_take_late(&pool->queue, clock_mono_ms(), &job))
        fail_job(pool, &job, job.deadline == QUEUE_EVICTED ? QUEUE_FULL : QUEUE_LATE);
    while (idle_seat(pool) != NULL && queue_take(&pool->queue, &job))
        give_job(pool, &job);
}

static void seat_after(struct pool *pool, struct seat *seat, enum seat_event event,
                       bool was_busy)
{
    if (event == SEAT_QUIET)
        return;
    pool_count_up(pool,
                  event == SEAT_ANSWERED ? &pool->counts.messages : &pool->counts.workers_lost);
    if (event == SEAT_LOST && was_busy)
        pool_count_up(pool, &pool->counts.failures);
    if (event == SEAT_ANSWERED && seat->messages >= pool->options.messages)
        seat_empty(seat, &pool->launch, "");
}

static void hear_seats(struct pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct seat *seat = &pool->seats[i];
        bool was_busy = seat->is_busy;
        if (seat->fd >= 0 && pool->polled[POOL_FIXED_FDS + i].fd == seat->fd &&
            pool->polled[POOL_FIXED_FDS + i].revents != 0)
            seat_after(pool, seat, seat_hear(seat, &pool->launch, pool->options.kind),
                       was_busy);
    }
}

static void keep_deadlines(struct pool *pool)
{
    int64_t now = clock_mono_ms();

    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct seat *seat = &pool->seats[i];
        if (!seat->is_busy || now < seat->kill_at)
            continue;
        log_warn("%s: worker %u was killed at the deadline of its message",
                 pool->options.kind->title, seat->worker);
        seat_empty(seat, &pool->launch, "the deadline is over; the worker was killed");
        seat_after(pool, seat, SEAT_LOST, true);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until the next deadline, at most a minute. */
static int poll_timeout(struct pool *pool)
{
    int64_t now = clock_mono_ms(), until = now + 60000;

    for (unsigned i = 0; i < pool->options.workers; i++)
        if (pool->seats[i].is_busy)
            until = earlier(until, pool->seats[i].kill_at);
    if (pool->launch.pid == 0)
        until = earlier(until, pool->start_at);
    until = earlier(until, pool->ready_by);
    until = earlier(until, queue_deadline(&pool->queue));
    return until > now ? (int)(until - now) : 0;
}

static void pool_poll(struct pool *pool)
{
    struct pollfd *polled = pool->polled;
    uint64_t value;

    polled[0] = (struct pollfd){.fd = pool->wake_fd, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = pool->launch.control_fd, .events = POLLIN};
    for (unsigned i = 0; i < pool->options.workers; i++)
        polled[POOL_FIXED_FDS + i] = (struct pollfd){.fd = pool->seats[i].fd, .events = POLLIN};
    if (poll(polled, POOL_FIXED_FDS + pool->options.workers, poll_timeout(pool)) <= 0) {
        for (unsigned i = 0; i < POOL_FIXED_FDS + pool->options.workers; i++)
            polled[i].revents = 0;
        return;
    }
    if (polled[0].revents != 0)
        (void)!read(pool->wake_fd, &value, sizeof value);
}

static bool is_stopping(struct pool *pool)
{
    bool result;

    pthread_mutex_lock(&pool->lock);
    result = pool->is_stopping;
    pthread_mutex_unlock(&pool->lock);
    return result;
}

void *pool_run(void *arg)
{
    struct pool *pool = arg;
    struct pool_job job;

    while (!is_stopping(pool)) {
        pool_zygote_start(pool);
        pool_poll(pool);
        hear_seats(pool);
        if (pool->polled[1].revents != 0)
            pool_zygote_hear(pool);
        pool_zygote_keep_time(pool);
        keep_deadlines(pool);
        fill_seats(pool);
        give_work(pool);
    }
    for (unsigned i = 0; i < pool->options.workers; i++)
        seat_empty(&pool->seats[i], &pool->launch, "the milter ends");
    while (queue_take_late(&pool->queue, INT64_MAX, &job))
        fail_job(pool, &job, POOL_NOT_TRIED "the milter ends");
    fail_refused(pool);
    launch_end(&pool->launch);
    return NULL;
}
