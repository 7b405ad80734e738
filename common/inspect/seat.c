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

static void finish(struct seat *seat, struct facts *facts, const char *failure)
{
    struct pool_job job = seat->job;

    seat->is_busy = false;
    exchange_clear(&seat->exchange);
    job.done(job.ctx, facts, failure);
}

void seat_empty(struct seat *seat, const struct launch *launch, const char *why)
{
    if (seat->fd < 0)
        return;
    close(seat->fd);
    seat->fd = -1;
    launch_kill(launch, seat->worker);
    if (seat->is_busy)
        finish(seat, NULL, why);
}

/* A worker without work has nothing to say. */
static bool is_silent(const struct seat *seat)
{
    char c;

    return recv(seat->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

int seat_give(struct seat *seat, const struct launch *launch, const struct pool_job *job,
              const struct pool_options *options)
{
    int64_t now = clock_mono_ms(), until = now + options->timeout;
    struct exchange_request request = {
        .message_fd = job->message_fd, .limits = options->limits, .wants = job->wants};
    struct err err;

    if (until > job->deadline)
        until = job->deadline;
    request.limits.time_ms = until > now ? (uint32_t)WORK_SHARE(until - now) : 0;
    if (!is_silent(seat) || !exchange_is_sealed(job->message_fd, &request.size) ||
        exchange_send(&seat->exchange, seat->fd, &request, &err) < 0) {
        seat_empty(seat, launch, "");
        return -1;
    }
    seat->job = *job;
    seat->is_busy = true;
    seat->kill_at = until;
    return 0;
}

enum seat_event seat_hear(struct seat *seat, const struct launch *launch)
{
    struct facts *facts = NULL;
    struct err err;
    char why[sizeof err.text + 64];
    int result;

    err_reset(&err);
    result = exchange_receive(&seat->exchange, seat->fd, &facts, &err);
    if (result == 0)
        return SEAT_QUIET;
    if (result < 0) {
        snprintf(why, sizeof why, "the worker was sent away: %s", err.text);
        log_warn("inspector: %s%s", why, seat->is_busy ? "; its message is deferred" : "");
        seat_empty(seat, launch, why);
        return SEAT_LOST;
    }
    seat->messages++;
    finish(seat, facts, NULL);
    return SEAT_ANSWERED;
}
