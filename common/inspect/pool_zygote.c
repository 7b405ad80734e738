/* pool_zygote.c - the zygote of a pool: started, heard, started again when it ended. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "base/log.h"
#include "inspect/pool_inside.h"

#define AGAIN_MS 1000 /* between two starts of a zygote that ended */

static void set_state(struct pool *pool, bool is_ready, const char *failure)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_ready = is_ready;
    snprintf(pool->failure, sizeof pool->failure, "%s", failure);
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    log_state(pool->options.kind->state, !is_ready, LOG_LEVEL_ERROR, "%s", failure);
}

static void zygote_lost(struct pool *pool, const char *why)
{
    launch_end(&pool->launch);
    pool->ready_by = INT64_MAX;
    for (unsigned i = 0; i < pool->options.workers; i++)
        seat_empty(&pool->seats[i], &pool->launch, "postgate-inspect ended");
    pool->start_at = clock_mono_ms() + AGAIN_MS;
    set_state(pool, false, why);
}

void pool_zygote_start(struct pool *pool)
{
    struct err err;

    if (pool->launch.pid != 0 || clock_mono_ms() < pool->start_at)
        return;
    if (launch_start(&pool->launch, pool->program, pool->options.kind->name, &err) < 0)
        zygote_lost(pool, err.text);
    else if (pool->was_ready) /* the first is waited for by pool_start */
        pool->ready_by = clock_mono_ms() + pool->options.again_ms;
}

void pool_zygote_keep_time(struct pool *pool)
{
    if (clock_mono_ms() < pool->ready_by)
        return;
    log_state(pool->options.kind->slowness, true, LOG_LEVEL_ERROR,
              "it was not ready after %lld ms; it is killed and started again",
              (long long)pool->options.again_ms);
    zygote_lost(pool, "it does not get ready; it is started again");
}

static void zygote_ready(struct pool *pool)
{
    pool->ready_by = INT64_MAX;
    pool->was_ready = true;
    log_state(pool->options.kind->slowness, false, LOG_LEVEL_INFO, "%s", "");
    set_state(pool, true, "");
}

/* How a worker ended, when it was not by our wish. */
static void report_end(const char *title, const struct wire_news *news)
{
    if (news->text[0] != '\0')
        log_warn("%s: worker %u: %s", title, news->worker, news->text);
    else if (WIFSIGNALED(news->status) && WTERMSIG(news->status) != SIGKILL)
        log_warn("%s: worker %u was ended by signal %d (%s%s)", title, news->worker,
                 WTERMSIG(news->status), strsignal(WTERMSIG(news->status)),
                 WTERMSIG(news->status) == SIGSYS ? ": a system call that its sandbox forbids"
                                                  : "");
    else if (WIFEXITED(news->status) && WEXITSTATUS(news->status) != 0)
        log_warn("%s: worker %u ended with status %d", title, news->worker,
                 WEXITSTATUS(news->status));
}

void pool_zygote_hear(struct pool *pool)
{
    struct wire_news news;
    int result;

    while ((result = launch_hear(&pool->launch, &news)) == 1) {
        if (news.kind == WIRE_READY) {
            zygote_ready(pool);
        } else if (news.kind == WIRE_FAILED) {
            zygote_lost(pool, news.text);
            return;
        } else if (news.kind == WIRE_ENDED) {
            report_end(pool->options.kind->title, &news);
        }
    }
    if (result < 0)
        zygote_lost(pool, "it ended; it is started again");
}
