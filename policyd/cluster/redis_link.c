/* redis_link.c - the thread of a link: connects, writes what it is given, pairs replies with commands, watches deadlines, opens the breaker. */
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "policyd/cluster/redis_link.h"
#include "policyd/health.h"

static void dial(struct redis *redis);

static void set_timer(struct event *timer, int64_t ms)
{
    const struct timeval after = {ms / 1000, ms % 1000 * 1000};

    evtimer_add(timer, &after);
}

static void set_state(struct redis *redis, enum redis_link_state state, const char *why)
{
    pthread_mutex_lock(&redis->lock);
    if ((redis->state == REDIS_UP) != (state == REDIS_UP))
        redis->since_ms = clock_now_ms();
    redis->state = state;
    snprintf(redis->why, sizeof redis->why, "%s", why);
    pthread_mutex_unlock(&redis->lock);
}

static void finish(struct redis *redis, struct redis_job *job, redisReply *reply,
                   const char *why)
{
    pthread_mutex_lock(&redis->lock);
    redis->under_way--;
    redis->bytes_under_way -= job->len;
    pthread_mutex_unlock(&redis->lock);
    redis_job_finish(&job, reply, why);
}

static void fail_all(struct redis *redis, struct redis_jobs *jobs, const char *why)
{
    struct redis_job *job;

    while ((job = redis_jobs_take(jobs)) != NULL)
        finish(redis, job, NULL, why);
}

/* After a failure: another attempt soon, or, with the breaker open, a probe later. What has been sent has failed; what waits may still be in time. */
static void try_again(struct redis *redis, const char *why)
{
    struct err lost;
    uint32_t random;

    err_set(&lost, "Redis: %s; whether the command was done is not known", why);
    redis_conn_close(&redis->conn);
    redis_hints_want(redis->hints, false);
    redis_watch_set(redis->watch, NULL);
    if (redis_breaker_is_open(&redis->breaker)) {
        set_state(redis, REDIS_AWAY, why);
        health_set(redis->options.health, true, LOG_LEVEL_WARN,
                   "%s; what is in force here stays in force", why);
        fail_all(redis, &redis->waiting, why);
    } else {
        set_state(redis, REDIS_TRYING, why);
    }
    fail_all(redis, &redis->pending, lost.text);
    redis_dial_cancel(&redis->dial);
    hash_random(&random, sizeof random);
    set_timer(redis->on_again, redis_breaker_pause(&redis->breaker, random));
}

static void note_failure(struct redis *redis, int64_t begun_ms)
{
    redis_breaker_failure(&redis->breaker, begun_ms, clock_mono_ms());
}

static void lose(struct redis *redis, const char *why)
{
    note_failure(redis, clock_mono_ms());
    try_again(redis, why);
}

static void tick_at(struct redis *redis, int64_t deadline_ms)
{
    int64_t after = deadline_ms - clock_mono_ms();

    if (redis->tick_ms != 0 && redis->tick_ms <= deadline_ms)
        return;
    redis->tick_ms = deadline_ms;
    set_timer(redis->on_tick, after > 0 ? after : 0);
}

static void put_in_full(struct redis *redis, struct redis_job *job)
{
    size_t before = job->len;

    redis_job_put_in_full(job);
    pthread_mutex_lock(&redis->lock);
    redis->bytes_under_way += job->len - before;
    pthread_mutex_unlock(&redis->lock);
}

/* True from the second time on. */
static bool has_sent(struct redis *redis, const struct redis_script *script)
{
    for (size_t i = 0; i < redis->sent_count; i++)
        if (redis->sent[i] == script)
            return true;
    if (redis->sent_count < REDIS_SCRIPTS)
        redis->sent[redis->sent_count++] = script;
    return false;
}

/* A script goes in full the first time over a connection: sent again because Redis did not know it, it would come behind commands that were
 * given later. */
static void write_job(struct redis *redis, struct redis_job *job)
{
    if (job->script != NULL && !job->is_in_full && !has_sent(redis, job->script))
        put_in_full(redis, job);
    redis_conn_write(redis->conn, span_from(job->bytes, job->len));
    redis_jobs_add(&redis->pending, job);
}

static void write_waiting(struct redis *redis)
{
    struct redis_job *job;

    while (redis->conn != NULL && (job = redis_jobs_take(&redis->waiting)) != NULL)
        write_job(redis, job);
}

/* A primary that became a replica: its new name is asked for at once. */
static bool has_lost_its_role(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR &&
           span_starts(span_from(reply->str, reply->len), SPAN("READONLY"));
}

static bool wants_script(const struct redis_job *job, const redisReply *reply)
{
    return job->script != NULL && !job->is_in_full && !job->is_given_up &&
           reply->type == REDIS_REPLY_ERROR &&
           span_starts(span_from(reply->str, reply->len), SPAN("NOSCRIPT"));
}

static void on_reply(void *ctx, redisReply *reply)
{
    struct redis *redis = ctx;
    struct redis_job *job = redis_jobs_take(&redis->pending);
    bool has_lost_role = has_lost_its_role(reply);

    if (job == NULL) {
        freeReplyObject(reply);
        lose(redis, "it answers what was not asked");
        return;
    }
    if (!job->is_given_up)
        redis_breaker_success(&redis->breaker);
    if (wants_script(job, reply)) {
        freeReplyObject(reply);
        put_in_full(redis, job);
        write_job(redis, job);
        return;
    }
    finish(redis, job, reply, NULL);
    if (has_lost_role)
        lose(redis, "it is no primary any more");
}

static void on_lost(void *ctx, const char *why)
{
    lose(ctx, why);
}

static void on_open(void *ctx)
{
    (void)ctx; /* it was open when the dial handed it over */
}

static const struct redis_conn_user user = {on_open, on_reply, on_lost};

static void on_moved(void *ctx, const char *to)
{
    struct err why;

    err_set(&why, "the sentinels name another primary: %s", to);
    lose(ctx, why.text);
}

static void on_dialled(void *ctx, struct redis_conn *conn, const char *text)
{
    struct redis *redis = ctx;

    if (conn == NULL) {
        lose(redis, text);
        return;
    }
    redis_watch_set(redis->watch, text);
    redis_conn_use(conn, &user, redis);
    redis->conn = conn;
    redis->sent_count = 0;
    set_state(redis, REDIS_UP, "");
    health_set(redis->options.health, false, LOG_LEVEL_WARN, "%s", "");
    log_info("%s: connected to %s", redis->options.health, text);
    redis_dial_cancel(&redis->dial);
    write_waiting(redis);
    redis_hints_want(redis->hints, true);
    if (redis->options.on_up != NULL)
        redis->options.on_up(redis->options.ctx);
}

static void dial(struct redis *redis)
{
    const struct redis_dial_options options = {redis->base, redis->where, &redis->options};

    redis->dial = redis_dial_begin(&options, on_dialled, redis);
}

static void on_again(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    dial(ctx);
}

/* Those past their deadline are told; those sent stay for the reply that may still come. The earliest deadline of the others, or 0. */
static int64_t give_up(const struct redis_jobs *jobs, const char *why, int64_t *begun_ms_r)
{
    int64_t now = clock_mono_ms(), next = 0;
    struct err err;

    for (struct redis_job *job = jobs->first; job != NULL; job = job->next) {
        if (job->is_given_up)
            continue;
        if (job->deadline_ms > now) {
            if (next == 0 || job->deadline_ms < next)
                next = job->deadline_ms;
            continue;
        }
        *begun_ms_r = job->begun_ms;
        err_set(&err, "%s within %d ms", why, (int)(job->deadline_ms - job->begun_ms));
        redis_job_give_up(job, err.text);
    }
    return next;
}

static void drop_given_up(struct redis *redis)
{
    struct redis_jobs kept = {0};
    struct redis_job *job;

    while ((job = redis_jobs_take(&redis->waiting)) != NULL) {
        if (job->is_given_up)
            finish(redis, job, NULL, "");
        else
            redis_jobs_add(&kept, job);
    }
    redis->waiting = (struct redis_jobs){0};
    redis_jobs_move(&redis->waiting, &kept);
}

/* Replies are due and nothing at all has been heard since: no use to wait for more failures. */
static bool is_stalled(const struct redis *redis)
{
    int64_t since;

    if (redis->conn == NULL || redis->pending.first == NULL)
        return false;
    since = redis_conn_heard(redis->conn);
    if (since < redis->pending.first->begun_ms)
        since = redis->pending.first->begun_ms;
    return clock_mono_ms() - since >= REDIS_STALL_MS;
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *redis = ctx;
    int64_t begun = -1, unsent = -1, next, other;

    (void)fd, (void)what;
    redis->tick_ms = 0;
    other = give_up(&redis->waiting, "Redis: no connection", &unsent);
    drop_given_up(redis);
    next = give_up(&redis->pending, "Redis: no answer", &begun);
    if (other != 0 && (next == 0 || other < next))
        next = other;
    if (next != 0)
        tick_at(redis, next);
    if (begun < 0)
        return;
    note_failure(redis, begun);
    if (redis_breaker_is_open(&redis->breaker) || is_stalled(redis))
        try_again(redis, "it does not answer in time");
}

static void add_wishes(struct redis *redis, struct redis_wish *wishes)
{
    struct redis_wish *next;

    for (; wishes != NULL; wishes = next) {
        next = wishes->next;
        if (!redis_hints_add(redis->hints, wishes->channel, wishes->on_hint, wishes->ctx))
            log_error("%s: more than %d channels", redis->options.health, REDIS_CHANNELS_MAX);
        xfree(&wishes->channel);
        xfree(&wishes);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct redis *redis = ctx;
    struct redis_jobs fresh = {0};
    struct redis_wish *wishes;
    struct redis_job *job;
    uint64_t times;
    bool is_stopping;

    (void)what;
    pthread_mutex_lock(&redis->lock);
    if (read(fd, &times, sizeof times) < 0) {
        /* nothing to read: woken for what was taken already */
    }
    redis_jobs_move(&fresh, &redis->inbox);
    wishes = redis->wishes;
    redis->wishes = NULL;
    is_stopping = redis->is_stopping;
    pthread_mutex_unlock(&redis->lock);
    add_wishes(redis, wishes);
    while ((job = redis_jobs_take(&fresh)) != NULL) {
        tick_at(redis, job->deadline_ms);
        if (redis->conn != NULL)
            write_job(redis, job);
        else if (redis_breaker_is_open(&redis->breaker))
            finish(redis, job, NULL, "Redis is away");
        else
            redis_jobs_add(&redis->waiting, job);
    }
    if (is_stopping)
        event_base_loopbreak(redis->base);
}

int redis_link_begin(struct redis *redis, struct err *err)
{
    struct redis_dial_options options = {NULL, redis->where, &redis->options};

    redis->base = options.base = event_base_new();
    if (redis->base == NULL)
        return err_set(err, "libevent gives no event base");
    redis->hints = redis_hints_new(&options);
    redis->watch = redis_watch_new(&options, on_moved, redis);
    redis->on_wake =
        event_new(redis->base, redis->wake_fd, EV_READ | EV_PERSIST, on_wake, redis);
    redis->on_tick = evtimer_new(redis->base, on_tick, redis);
    redis->on_again = evtimer_new(redis->base, on_again, redis);
    event_add(redis->on_wake, NULL);
    dial(redis);
    return 0;
}

void *redis_link_run(void *arg)
{
    struct redis *redis = arg;

    event_base_dispatch(redis->base);
    return NULL;
}

void redis_link_end(struct redis *redis)
{
    const char *why = "the link to Redis is closed";

    redis_dial_cancel(&redis->dial);
    redis_conn_close(&redis->conn);
    fail_all(redis, &redis->inbox, why);
    fail_all(redis, &redis->waiting, why);
    fail_all(redis, &redis->pending, why);
    add_wishes(redis, redis->wishes);
    redis_hints_free(&redis->hints);
    redis_watch_free(&redis->watch);
    event_free(redis->on_wake);
    event_free(redis->on_tick);
    event_free(redis->on_again);
    event_base_free(redis->base);
}
