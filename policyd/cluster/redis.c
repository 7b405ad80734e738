/* redis.c - the link: takes commands from any thread, and what the others may ask of it. Its own thread is redis_link.c. */
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/redis_link.h"

/* The link outlives what its options pointed to. */
static const char *keep(struct redis *redis, size_t index, const char *text)
{
    return redis->texts[index] = xstrdup(text != NULL ? text : "");
}

static void keep_options(struct redis *redis, const struct redis_options *options)
{
    struct redis_options *own = &redis->options;

    *own = *options;
    own->where = keep(redis, 0, options->where);
    own->user = keep(redis, 1, options->user);
    own->password_file = keep(redis, 2, options->password_file);
    own->tls_ca_file = keep(redis, 3, options->tls_ca_file);
    own->tls_certificate_file = keep(redis, 4, options->tls_certificate_file);
    own->tls_key_file = keep(redis, 5, options->tls_key_file);
}

static void free_redis(struct redis *redis)
{
    if (redis->wake_fd >= 0)
        close(redis->wake_fd);
    pthread_mutex_destroy(&redis->lock);
    for (size_t i = 0; i < REDIS_TEXTS; i++)
        xfree(&redis->texts[i]);
    xfree(&redis);
}

static int start(struct redis *redis, struct err *err)
{
    int failed;

    if (redis->wake_fd < 0)
        return err_set(err, "no descriptor for the link to Redis: %s", strerror(errno));
    if (redis_link_begin(redis, err) != 0)
        return -1;
    failed = pthread_create(&redis->thread, NULL, redis_link_run, redis);
    if (failed == 0)
        return 0;
    redis_link_end(redis);
    return err_set(err, "the thread of the link to Redis cannot be started: %s",
                   strerror(failed));
}

struct redis *redis_new(const struct redis_options *options, struct err *err)
{
    struct redis *redis = xcalloc(1, sizeof *redis);

    pthread_mutex_init(&redis->lock, NULL);
    keep_options(redis, options);
    redis->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    redis->since_ms = clock_now_ms();
    snprintf(redis->why, sizeof redis->why, "not connected yet");
    if (redis_where_parse(options->where, &redis->where, err) == 0 && start(redis, err) == 0)
        return redis;
    free_redis(redis);
    return NULL;
}

static void wake(struct redis *redis)
{
    const uint64_t one = 1;

    if (write(redis->wake_fd, &one, sizeof one) != sizeof one) {
        /* the counter is full: the thread has been woken often enough */
    }
}

void redis_free(struct redis **redis)
{
    if (*redis == NULL)
        return;
    pthread_mutex_lock(&(*redis)->lock);
    (*redis)->is_stopping = true;
    wake(*redis);
    pthread_mutex_unlock(&(*redis)->lock);
    pthread_join((*redis)->thread, NULL);
    redis_link_end(*redis);
    free_redis(*redis);
    *redis = NULL;
}

bool redis_is_up(struct redis *redis)
{
    bool is_up;

    pthread_mutex_lock(&redis->lock);
    is_up = redis->state == REDIS_UP;
    pthread_mutex_unlock(&redis->lock);
    return is_up;
}

void redis_state(struct redis *redis, struct str *out)
{
    char since[24];

    pthread_mutex_lock(&redis->lock);
    clock_iso(redis->since_ms, since);
    if (redis->state == REDIS_UP)
        str_printf(out, "up since %s", since);
    else
        str_printf(out, "down since %s: %s", since, redis->why);
    pthread_mutex_unlock(&redis->lock);
}

/* Why it cannot be taken; empty when it can. Under the lock. */
static int check(const struct redis *redis, const struct redis_job *job, struct err *err)
{
    if (redis->is_stopping)
        return err_set(err, "the link to Redis is closed");
    if (redis->state == REDIS_AWAY)
        return err_set(err, "Redis is away: %s", redis->why);
    if (redis->under_way >= REDIS_MAX_QUEUE)
        return err_set(err, "%d commands wait for Redis already", REDIS_MAX_QUEUE);
    if (redis->bytes_under_way + job->len > REDIS_MAX_QUEUE_BYTES)
        return err_set(err, "%d bytes of commands wait for Redis already",
                       REDIS_MAX_QUEUE_BYTES);
    return 0;
}

void redis_put(struct redis *redis, struct redis_job *job)
{
    struct err err;
    int failed;

    pthread_mutex_lock(&redis->lock);
    failed = check(redis, job, &err);
    if (failed == 0) {
        if (redis->inbox.first == NULL)
            wake(redis);
        redis_jobs_add(&redis->inbox, job);
        redis->under_way++;
        redis->bytes_under_way += job->len;
    }
    pthread_mutex_unlock(&redis->lock);
    if (failed != 0)
        redis_job_finish(&job, NULL, err.text);
}

void redis_send(struct redis *redis, const struct redis_command *command, redis_done *done,
                void *ctx)
{
    struct err err;
    struct redis_job *job = redis_job_new(command, &err);

    if (job == NULL) {
        done(ctx, NULL, err.text);
        return;
    }
    job->done = done;
    job->ctx = ctx;
    redis_put(redis, job);
}

void redis_subscribe(struct redis *redis, const char *channel,
                     void (*on_hint)(void *ctx, struct span message), void *ctx)
{
    struct redis_wish *wish = xcalloc(1, sizeof *wish);

    *wish = (struct redis_wish){NULL, xstrdup(channel), on_hint, ctx};
    pthread_mutex_lock(&redis->lock);
    wish->next = redis->wishes;
    redis->wishes = wish;
    wake(redis);
    pthread_mutex_unlock(&redis->lock);
}
