/* seat.c - one worker: given a message, heard, sent away. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "inspect/seat.h"

/* Of the time a message has: the rest is for the answer's way, so that a slow message ends with a reason and not by the deadline. */
#define WORK_SHARE(ms) ((ms) / 4 * 3)

void seat_init(struct seat *seat)
{
    *seat = (struct seat){.fd = -1};
}

int seat_fill(struct seat *seat, const struct launch *launch, uint32_t worker, uint64_t memory,
              struct err *err)
{
    seat->fd = launch_fork(launch, worker, memory, err);
    seat->worker = worker;
    seat->messages = 0;
    return seat->fd >= 0 ? 0 : -1;
}

static void finish(struct seat *seat, const char *failure)
{
    struct pool_job job = seat->job;

    seat->is_busy = false;
    job.done(job.ctx, failure);
    exchange_clear(&seat->exchange);
}

void seat_empty(struct seat *seat, const struct launch *launch, const char *why)
{
    if (seat->fd < 0)
        return;
    close(seat->fd);
    seat->fd = -1;
    launch_kill(launch, seat->worker);
    if (seat->is_busy)
        finish(seat, why);
}

/* A worker without work has nothing to say. */
static bool is_silent(const struct seat *seat)
{
    char c;

    return recv(seat->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* Until when the worker may have it. */
static int64_t end_of(const struct pool_job *job, const struct pool_options *options,
                      int64_t now)
{
    int64_t until = now + (job->timeout > 0 ? job->timeout : options->timeout);

    return until < job->deadline ? until : job->deadline;
}

int seat_give(struct seat *seat, const struct launch *launch, const struct pool_job *job,
              const struct pool_options *options)
{
    int64_t now = clock_mono_ms(), until = end_of(job, options, now);
    struct exchange_request request = {.message_fd = job->message_fd,
                                       .limits = options->limits,
                                       .wants = job->wants,
                                       .body = job->body,
                                       .answer_max = options->kind->answer_max};
    struct err err;

    request.limits.time_ms = until > now ? (uint32_t)WORK_SHARE(until - now) : 0;
    if (!is_silent(seat) ||
        (job->message_fd >= 0 && !exchange_is_sealed(job->message_fd, &request.size)) ||
        exchange_send(&seat->exchange, seat->fd, &request, &err) < 0) {
        seat_empty(seat, launch, "");
        return -1;
    }
    seat->job = *job;
    seat->is_busy = true;
    seat->kill_at = until;
    return 0;
}

/* 1: an answer that its asker believes. */
static int hear(struct seat *seat, struct err *err)
{
    int result = exchange_receive(&seat->exchange, seat->fd, err);

    if (result <= 0)
        return result;
    seat->exchange.is_open = false;
    return seat->job.take(seat->job.ctx, str_span(&seat->exchange.block), err) < 0 ? -1 : 1;
}

enum seat_event seat_hear(struct seat *seat, const struct launch *launch,
                          const struct pool_kind *kind)
{
    struct err err;
    char why[sizeof err.text + 64];
    int result;

    err_reset(&err);
    result = hear(seat, &err);
    if (result == 0)
        return SEAT_QUIET;
    if (result < 0) {
        snprintf(why, sizeof why, "the worker was sent away: %s", err.text);
        log_warn("%s: %s%s", kind->title, why, seat->is_busy ? kind->loss : "");
        seat_empty(seat, launch, why);
        return SEAT_LOST;
    }
    seat->messages++;
    finish(seat, NULL);
    return SEAT_ANSWERED;
}
