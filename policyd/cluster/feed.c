/* The feed: looks at the heads at each hint and every few seconds, brings all subjects up to them, publishes once, and says so. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "policyd/cluster/apply.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/feed_inside.h"
#include "policyd/health.h"
#include "policyd/publish.h"

#define PERIOD_MS 5000
#define JITTER_MS 1000 /* either way: many nodes shall not ask at the same moment */
#define WAIT_MS   100  /* between looks while an image is being built */
#define PAUSE_MS  10 /* between any two: whoever publishes hints without end keeps nobody busy */

static struct {
    pthread_mutex_t reading; /* held while it reads, and by who changes all at once */
    pthread_mutex_t lock;    /* of all below */
    pthread_cond_t wake, done;
    pthread_t thread;
    bool is_running, is_stopping;
    bool is_wanted;
    uint64_t begun, ended; /* readings, counted */
    int64_t begun_ms;      /* the last one */
} feed = {.reading = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER};

void feed_hold(void)
{
    pthread_mutex_lock(&feed.reading);
}

void feed_release(void)
{
    pthread_mutex_unlock(&feed.reading);
}

static const struct ledger_head *find(const struct ledger_head *heads, size_t count,
                                      const char *subject)
{
    for (size_t low = 0, high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(heads[middle].subject, subject);

        if (order == 0)
            return &heads[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct reading {
    struct ledger_head *own, *there;
    size_t own_count, there_count;
};

static void pull_kind(const struct reading *r, const struct ledger_kind *kind)
{
    for (size_t i = 0; i < r->there_count; i++)
        if (ledger_kind_find(span_of(r->there[i].subject)) == kind)
            feed_pull(find(r->own, r->own_count, r->there[i].subject), &r->there[i]);
    for (size_t i = 0; i < r->own_count; i++)
        if (ledger_kind_find(span_of(r->own[i].subject)) == kind &&
            find(r->there, r->there_count, r->own[i].subject) == NULL)
            feed_pull(&r->own[i], NULL);
}

/* What was applied becomes visible together. */
static void publish(void)
{
    struct err err;
    bool is_published = false;

    if (feed_is_unpublished()) {
        apply_domains_settle();
        is_published = publish_now(&err) == 0;
    }
    feed_confirm(is_published);
}

static bool is_known(const void *ctx, const char *subject)
{
    const struct reading *r = ctx;

    return find(r->own, r->own_count, subject) != NULL ||
           find(r->there, r->there_count, subject) != NULL;
}

static void say_heads(size_t malformed, const char *why)
{
    if (why != NULL)
        health_set("cluster heads", true, LOG_LEVEL_ERROR, "%s", why);
    else
        health_set("cluster heads", malformed > 0, LOG_LEVEL_ERROR,
                   "%zu rows of `heads` in Redis are not ours; somebody writes there",
                   malformed);
}

static void read_all(void)
{
    struct reading r = {0};
    size_t malformed = 0;
    struct err err;
    bool is_read = redis_is_up(cluster_redis()) &&
                   ledger_redis_heads(&r.there, &r.there_count, &malformed, &err) == 0;

    if (is_read || malformed > 0)
        say_heads(malformed, is_read ? NULL : err.text);
    if (is_read && ledger_store_heads(cluster_db(), &r.own, &r.own_count, &err) == 0) {
        ledger_table_keep(is_known, &r);
        feed_claims_read();
        for (const struct ledger_kind *k = ledger_kinds; k->subject != NULL; k++)
            pull_kind(&r, k);
    }
    free(r.own);
    free(r.there);
    publish();
}

/* What was applied before this start; the rest is learnt from Redis. */
static void recall(void)
{
    struct ledger_head *own;
    size_t count;
    struct err err;

    if (ledger_store_heads(cluster_db(), &own, &count, &err) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        struct ledger_status status = {
            .state = LEDGER_IN_ORDER, .applied = own[i].number, .head = own[i].number};

        snprintf(status.subject, sizeof status.subject, "%.79s", own[i].subject);
        snprintf(status.hash, sizeof status.hash, "%s", own[i].hash);
        ledger_table_set(&status);
    }
    free(own);
}

static int64_t next_look(bool is_waiting)
{
    uint16_t random;

    if (is_waiting)
        return clock_mono_ms() + WAIT_MS;
    hash_random(&random, sizeof random);
    return clock_mono_ms() + PERIOD_MS - JITTER_MS + random % (2 * JITTER_MS);
}

/* Under feed.lock. */
static void pause_since(int64_t begun_ms)
{
    struct timespec until = clock_timespec(begun_ms + PAUSE_MS);
    int waited = 0;

    while (!feed.is_stopping && waited == 0)
        waited = pthread_cond_timedwait(&feed.wake, &feed.lock, &until);
}

/* Until it is wanted, or time: soon when something is on its way into force. False: the end. */
static bool wait_for_work(bool is_waiting)
{
    struct timespec until = clock_timespec(next_look(is_waiting));
    int waited = 0;
    bool goes_on;

    pthread_mutex_lock(&feed.lock);
    while (!feed.is_wanted && !feed.is_stopping && waited == 0)
        waited = pthread_cond_timedwait(&feed.wake, &feed.lock, &until);
    pause_since(feed.begun_ms);
    feed.begun_ms = clock_mono_ms();
    feed.is_wanted = false;
    feed.begun++;
    goes_on = !feed.is_stopping;
    pthread_mutex_unlock(&feed.lock);
    return goes_on;
}

static void note_end(void)
{
    pthread_mutex_lock(&feed.lock);
    feed.ended = feed.begun;
    pthread_cond_broadcast(&feed.done);
    pthread_mutex_unlock(&feed.lock);
}

static void *work(void *unused)
{
    bool is_waiting = false;

    while (wait_for_work(is_waiting)) {
        pthread_mutex_lock(&feed.reading);
        if (cluster_is_member())
            read_all();
        else
            feed_forget();
        is_waiting = feed_is_waiting() && !feed_is_unpublished();
        pthread_mutex_unlock(&feed.reading);
        note_end();
    }
    return unused;
}

static void on_hint(void *ctx, struct span message)
{
    (void)ctx;
    (void)message;
    feed_look();
}

static void make_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

int feed_begin(struct err *err)
{
    struct str channel = STR_EMPTY;
    int failed;

    make_cond(&feed.wake);
    make_cond(&feed.done);
    if (cluster_is_member())
        recall();
    cluster_key(&channel, "changed");
    redis_subscribe(cluster_redis(), str_cstr(&channel), on_hint, NULL);
    str_clear(&channel);
    pthread_mutex_lock(&feed.lock);
    feed.is_stopping = false;
    feed.is_wanted = true;
    failed = pthread_create(&feed.thread, NULL, work, NULL);
    feed.is_running = failed == 0;
    pthread_mutex_unlock(&feed.lock);
    return failed == 0
               ? 0
               : err_set(err, "the thread of the feed cannot be started: %s", strerror(failed));
}

void feed_end(void)
{
    bool was_running;

    pthread_mutex_lock(&feed.lock);
    was_running = feed.is_running;
    feed.is_stopping = true;
    feed.is_running = false;
    if (was_running)
        pthread_cond_signal(&feed.wake);
    pthread_mutex_unlock(&feed.lock);
    if (was_running)
        pthread_join(feed.thread, NULL);
}

void feed_look(void)
{
    pthread_mutex_lock(&feed.lock);
    feed.is_wanted = true;
    if (feed.is_running)
        pthread_cond_signal(&feed.wake);
    pthread_mutex_unlock(&feed.lock);
}

void feed_look_and_wait(int timeout_ms)
{
    struct timespec until = clock_timespec(clock_mono_ms() + timeout_ms);
    uint64_t wanted;
    int waited = 0;

    pthread_mutex_lock(&feed.lock);
    if (feed.is_running) {
        wanted = feed.begun + 1;
        feed.is_wanted = true;
        pthread_cond_signal(&feed.wake);
        while (feed.ended < wanted && waited == 0)
            waited = pthread_cond_timedwait(&feed.done, &feed.lock, &until);
    }
    pthread_mutex_unlock(&feed.lock);
}
