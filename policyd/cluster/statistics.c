/* statistics.c - counting of this node, and the thread that writes it down. */
#include "policyd/cluster/statistics.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/statistics_hours.h"
#include "policyd/cluster/statistics_notice.h"
#include "policyd/notices.h"

#define FRESH_HOURS  4 /* between two writings; more are counted in the last of them */
#define OLDEST_MS    (7 * 24 * STATISTICS_HOUR_MS)
#define FUTURE_MS    60000
#define EXPIRE_EVERY 1200 /* writings: about each hour */

struct fresh {
    int64_t hour;
    struct counts *counts;
};

static struct {
    pthread_mutex_t lock; /* held for a moment only: the policy loop counts, too */
    size_t count;
    struct fresh each[FRESH_HOURS];
} fresh = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool is_running, is_ending;
} writer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t hour_of(int64_t time_ms)
{
    int64_t now = clock_now_ms();

    if (time_ms > now + FUTURE_MS || time_ms < now - OLDEST_MS)
        time_ms = now;
    return time_ms / STATISTICS_HOUR_MS;
}

static struct counts *fresh_counts(int64_t hour)
{
    for (size_t i = 0; i < fresh.count; i++)
        if (fresh.each[i].hour == hour)
            return fresh.each[i].counts;
    if (fresh.count == FRESH_HOURS)
        return fresh.each[FRESH_HOURS - 1].counts;
    fresh.each[fresh.count] = (struct fresh){hour, counts_new()};
    return fresh.each[fresh.count++].counts;
}

void statistics_event(const struct event *event, int64_t time_ms)
{
    int64_t hour = hour_of(time_ms);

    pthread_mutex_lock(&fresh.lock);
    counts_event(fresh_counts(hour), event);
    pthread_mutex_unlock(&fresh.lock);
}

/* Leaves an empty set behind; the counts are the caller's. */
static size_t take_fresh(struct fresh taken[FRESH_HOURS])
{
    size_t count;

    pthread_mutex_lock(&fresh.lock);
    count = fresh.count;
    memcpy(taken, fresh.each, count * sizeof *taken);
    fresh.count = 0;
    pthread_mutex_unlock(&fresh.lock);
    return count;
}

void statistics_write(void)
{
    struct fresh taken[FRESH_HOURS];
    size_t count;

    hours_lock();
    count = take_fresh(taken);
    for (size_t i = 0; i < count; i++) {
        hours_add(taken[i].hour, taken[i].counts);
        counts_free(&taken[i].counts);
    }
    hours_write();
    hours_unlock();
}

int statistics_each(int64_t from, int64_t until, hours_row *each, void *ctx, struct err *err)
{
    statistics_write();
    return hours_each(from, until, each, ctx, err);
}

static void wait_for_next(void)
{
    struct timespec until = clock_timespec(clock_mono_ms() + STATISTICS_WRITE_MS);
    int state = 0;

    while (!writer.is_ending && state != ETIMEDOUT)
        state = pthread_cond_timedwait(&writer.changed, &writer.lock, &until);
}

static void keep_house(void)
{
    int64_t now = clock_now_ms() / STATISTICS_HOUR_MS;

    hours_keep_house(now - STATISTICS_DAYS * 24, now - STATISTICS_THIN_DAYS * 24);
}

static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&writer.lock);
    for (unsigned round = 0; !writer.is_ending; round++) {
        pthread_mutex_unlock(&writer.lock);
        if (round % EXPIRE_EVERY == 0)
            keep_house();
        statistics_write();
        pthread_mutex_lock(&writer.lock);
        wait_for_next();
    }
    pthread_mutex_unlock(&writer.lock);
    return NULL;
}

static void init_condition(void)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer.changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

int statistics_begin(struct policy_db *db, struct err *err)
{
    hours_begin(db);
    init_condition();
    writer.is_ending = false;
    if (pthread_create(&writer.thread, NULL, run, NULL) != 0)
        return err_set(err, "a thread for statistics: %s", strerror(errno));
    writer.is_running = true;
    notices_take(statistics_notice);
    return 0;
}

void statistics_end(void)
{
    if (!writer.is_running)
        return;
    pthread_mutex_lock(&writer.lock);
    writer.is_ending = true;
    pthread_cond_broadcast(&writer.changed);
    pthread_mutex_unlock(&writer.lock);
    pthread_join(writer.thread, NULL);
    writer.is_running = false;
    statistics_write();
    hours_end();
}
