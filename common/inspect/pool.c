/* pool.c - the queue, and the thread that brings messages and workers together and keeps the deadlines. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "inspect/queue.h"
#include "inspect/seat.h"

#define START_MS  30000 /* for the zygote to stand in its sandbox */
#define AGAIN_MS  1000  /* between two starts of a zygote that ended */
#define ATTEMPTS  3     /* workers offered to one message */
#define FIXED_FDS 2     /* of the poll table: wake, control */

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
    struct queue queue; /* has a lock of its own */
    /* the thread's own */
    struct launch launch;
    uint32_t next_worker;
    int64_t start_at; /* the next start of the zygote */
    struct seat *seats;
    struct pollfd *polled;
};

/* --- the zygote --- */

static void set_state(struct pool *pool, bool is_ready, const char *failure)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_ready = is_ready;
    snprintf(pool->failure, sizeof pool->failure, "%s", failure);
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    log_state("postgate-inspect", !is_ready, LOG_LEVEL_ERROR, "%s", failure);
}

static void zygote_lost(struct pool *pool, const char *why)
{
    launch_end(&pool->launch);
    for (unsigned i = 0; i < pool->options.workers; i++)
        seat_empty(&pool->seats[i], &pool->launch, "postgate-inspect ended");
    pool->start_at = clock_mono_ms() + AGAIN_MS;
    set_state(pool, false, why);
}

static void zygote_start(struct pool *pool)
{
    struct err err;

    if (pool->launch.pid != 0 || clock_mono_ms() < pool->start_at)
        return;
    if (launch_start(&pool->launch, pool->program, &err) < 0)
        zygote_lost(pool, err.text);
}

/* How a worker ended, when it was not by our wish. */
static void report_end(const struct wire_news *news)
{
    if (news->text[0] != '\0')
        log_warn("inspector: worker %u: %s", news->worker, news->text);
    else if (WIFSIGNALED(news->status) && WTERMSIG(news->status) != SIGKILL)
        log_warn("inspector: worker %u was ended by signal %d (%s%s)", news->worker,
                 WTERMSIG(news->status), strsignal(WTERMSIG(news->status)),
                 WTERMSIG(news->status) == SIGSYS ? ": a system call that its sandbox forbids"
                                                  : "");
    else if (WIFEXITED(news->status) && WEXITSTATUS(news->status) != 0)
        log_warn("inspector: worker %u ended with status %d", news->worker,
                 WEXITSTATUS(news->status));
}

static void zygote_hear(struct pool *pool)
{
    struct wire_news news;
    int result;

    while ((result = launch_hear(&pool->launch, &news)) == 1) {
        if (news.kind == WIRE_READY) {
            set_state(pool, true, "");
        } else if (news.kind == WIRE_FAILED) {
            zygote_lost(pool, news.text);
            return;
        } else if (news.kind == WIRE_ENDED) {
            report_end(&news);
        }
    }
    if (result < 0)
        zygote_lost(pool, "it ended; it is started again");
}

static void count(struct pool *pool, uint64_t *counter)
{
    pthread_mutex_lock(&pool->lock);
    (*counter)++;
    pthread_mutex_unlock(&pool->lock);
}

static void fail_job(struct pool *pool, const struct pool_job *job, const char *why)
{
    count(pool, &pool->counts.failures);
    job->done(job->ctx, NULL, why);
}

/* --- the workers --- */

static void fill_seats(struct pool *pool)
{
    struct err err;

    for (unsigned i = 0; i < pool->options.workers && pool->is_ready; i++) {
        struct seat *seat = &pool->seats[i];
        if (seat->fd >= 0)
            continue;
        if (seat_fill(seat, &pool->launch, ++pool->next_worker, pool->options.memory, &err) <
            0) {
            log_state("inspector workers", true, LOG_LEVEL_ERROR, "%s", err.text);
            return;
        }
        count(pool, &pool->counts.workers_started);
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

static void give_work(struct pool *pool)
{
    struct pool_job job;

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
    count(pool, event == SEAT_ANSWERED ? &pool->counts.messages : &pool->counts.workers_lost);
    if (event == SEAT_LOST && was_busy)
        count(pool, &pool->counts.failures);
    if (event == SEAT_ANSWERED && seat->messages >= pool->options.messages)
        seat_empty(seat, &pool->launch, "");
}

static void hear_seats(struct pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct seat *seat = &pool->seats[i];
        bool was_busy = seat->is_busy;
        if (seat->fd >= 0 && pool->polled[FIXED_FDS + i].fd == seat->fd &&
            pool->polled[FIXED_FDS + i].revents != 0)
            seat_after(pool, seat, seat_hear(seat, &pool->launch), was_busy);
    }
}

static void keep_deadlines(struct pool *pool)
{
    int64_t now = clock_mono_ms();

    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct seat *seat = &pool->seats[i];
        if (!seat->is_busy || now < seat->kill_at)
            continue;
        log_warn("inspector: worker %u was killed at the deadline of its message",
                 seat->worker);
        seat_empty(seat, &pool->launch, "the deadline is over; the worker was killed");
        seat_after(pool, seat, SEAT_LOST, true);
    }
}

/* --- the thread --- */

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
        polled[FIXED_FDS + i] = (struct pollfd){.fd = pool->seats[i].fd, .events = POLLIN};
    if (poll(polled, FIXED_FDS + pool->options.workers, poll_timeout(pool)) <= 0) {
        for (unsigned i = 0; i < FIXED_FDS + pool->options.workers; i++)
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

static void *pool_run(void *arg)
{
    struct pool *pool = arg;
    struct pool_job job;

    while (!is_stopping(pool)) {
        zygote_start(pool);
        pool_poll(pool);
        hear_seats(pool);
        if (pool->polled[1].revents != 0)
            zygote_hear(pool);
        keep_deadlines(pool);
        fill_seats(pool);
        give_work(pool);
    }
    for (unsigned i = 0; i < pool->options.workers; i++)
        seat_empty(&pool->seats[i], &pool->launch, "the milter ends");
    while (queue_take_late(&pool->queue, INT64_MAX, &job))
        fail_job(pool, &job, POOL_NOT_TRIED "the milter ends");
    launch_end(&pool->launch);
    return NULL;
}

/* --- what others call --- */

static void wake(struct pool *pool)
{
    uint64_t one = 1;

    (void)!write(pool->wake_fd, &one, sizeof one);
}

static struct pool *pool_new(const struct pool_options *options)
{
    struct pool *pool = xcalloc(1, sizeof *pool);
    pthread_condattr_t attributes;

    pool->options = *options;
    pool->program = xstrdup(options->program);
    queue_init(&pool->queue, (size_t)options->workers * POOL_QUEUE_PER_WORKER);
    pool->seats = xcalloc(options->workers, sizeof *pool->seats);
    pool->polled = xcalloc(FIXED_FDS + options->workers, sizeof *pool->polled);
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

int pool_submit(struct pool *pool, const struct pool_job *job, struct err *err)
{
    uint64_t size;
    int result = 0;

    if (!exchange_is_sealed(job->message_fd, &size))
        return err_set(err, "the message is not sealed");
    if (job->wants.len > WIRE_WANT_MAX)
        return err_set(err, "the rules ask for too many headers");
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
