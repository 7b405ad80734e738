/* redis_ask.c - commands that wait for their reply. */
#include <stdarg.h>
#include "policyd/cluster/redis_link.h"

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_done;
    redisReply *reply;
    struct err err;
};

/* The reply is ours from here on: the job was marked so. */
static void on_done(void *ctx, const redisReply *reply, const char *why)
{
    struct wait *wait = ctx;

    pthread_mutex_lock(&wait->lock);
    wait->reply = (redisReply *)(uintptr_t)reply;
    if (reply == NULL)
        err_set(&wait->err, "%s", why);
    wait->is_done = true;
    pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

/* Without a deadline of its own: the link tells each job exactly once, in time. */
static void await(struct wait *wait)
{
    pthread_mutex_lock(&wait->lock);
    while (!wait->is_done)
        pthread_cond_wait(&wait->changed, &wait->lock);
    pthread_mutex_unlock(&wait->lock);
}

static void say_refused(struct span reply, struct err *err)
{
    err_set(err, "Redis: %.*s%s", SPAN_ARG(reply),
            span_starts(reply, SPAN("NOPERM"))
                ? ". What administrators change is written as redis_admin_user, where "
                  "postgate.cf names one; users.conf of etc/redis says what each user may do"
                : "");
}

static redisReply *ask(struct redis *redis, struct redis_job *job, struct err *err)
{
    struct wait wait = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

    job->done = on_done;
    job->ctx = &wait;
    job->is_handed_over = true;
    redis_put(redis, job);
    await(&wait);
    pthread_cond_destroy(&wait.changed);
    pthread_mutex_destroy(&wait.lock);
    if (wait.reply == NULL) {
        err_set(err, "%s", wait.err.text);
    } else if (wait.reply->type == REDIS_REPLY_ERROR) {
        say_refused(span_from(wait.reply->str, wait.reply->len), err);
        freeReplyObject(wait.reply);
        wait.reply = NULL;
    }
    return wait.reply;
}

redisReply *redis_ask(struct redis *redis, const struct redis_command *command, struct err *err)
{
    struct redis_job *job = redis_job_new(command, err);

    return job != NULL ? ask(redis, job, err) : NULL;
}

redisReply *redis_askf(struct redis *redis, int timeout_ms, struct err *err, const char *format,
                       ...)
{
    struct redis_job *job;
    va_list args;

    va_start(args, format);
    job = redis_job_format(timeout_ms, err, format, args);
    va_end(args);
    return job != NULL ? ask(redis, job, err) : NULL;
}
