/* statistics_push.c - the thread that sends. */
#include "policyd/cluster/statistics_push.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "base/clock.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/statistics_wire.h"
#include "policyd/health.h"

#define LOOK_MS      600000 /* between two looks for what Redis has lost */
#define FREE_PERCENT 20     /* below: what can wait is not written */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool is_running, is_ending;
    struct str link; /* what redis_state said at the last look; the thread's */
    int64_t looked_ms;
} push = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What is lost of these (of one node, count > 0) is to be sent again. */
static int mark_lost(const struct statistics_row *rows, size_t count, size_t *lost,
                     struct err *err)
{
    bool is_lost[WIRE_HOURS];

    if (wire_lost_hours(rows, count, is_lost, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!is_lost[i])
            continue;
        if (statistics_store_lost(cluster_db(), &rows[i], err) != 0)
            return -1;
        (*lost)++;
    }
    return 0;
}

static int look_for_lost(const struct identity *identity, struct err *err)
{
    struct statistics_row rows[WIRE_HOURS], row = {.hour = 0};
    size_t count, lost = 0;

    memcpy(row.node, identity->id, sizeof row.node);
    do {
        if (statistics_store_list_sent(cluster_db(), &row, rows, WIRE_HOURS, &count, err) !=
                0 ||
            (count > 0 && mark_lost(rows, count, &lost, err) != 0))
            return -1;
        if (count > 0)
            row.hour = rows[count - 1].hour;
    } while (count == WIRE_HOURS);
    if (lost > 0)
        log_info("statistics: Redis has lost %zu hours of this node; they are sent again",
                 lost);
    return 0;
}

static bool is_time_to_look(void)
{
    struct str link = STR_EMPTY;
    bool is_time;

    redis_state(cluster_redis(), &link);
    is_time = push.looked_ms == 0 || clock_mono_ms() - push.looked_ms > LOOK_MS ||
              !span_equal(str_span(&link), str_span(&push.link));
    str_clear(&push.link);
    push.link = link;
    return is_time;
}

/* One that Redis refuses (a key of another kind lies there) must not keep back the others. */
static int send_all(const struct identity *identity, struct err *err)
{
    struct statistics_row row = {.hour = -1};
    struct str text = STR_EMPTY;
    int state, failed = 0;

    memcpy(row.node, identity->id, sizeof row.node);
    while ((state = statistics_store_unsent(cluster_db(), &row, &text, err)) == 1) {
        if (wire_put_hour(identity, &row, str_span(&text), err) != 0)
            failed++;
        else if (statistics_store_sent(cluster_db(), &row, err) != 0)
            state = -1;
        str_reset(&text);
        if (state < 0 || (failed > 0 && !redis_is_up(cluster_redis())))
            break;
    }
    str_clear(&text);
    return failed > 0 || state < 0 ? -1 : 0;
}

static int work(const struct identity *identity, struct err *err)
{
    if (cluster_redis_free_percent() < FREE_PERCENT)
        return err_set(err,
                       "Redis has less than %d percent of its memory free; statistics "
                       "wait here until there is more",
                       FREE_PERCENT);
    if (is_time_to_look()) {
        if (look_for_lost(identity, err) != 0) {
            push.looked_ms = 0;
            return -1;
        }
        push.looked_ms = clock_mono_ms();
    }
    return send_all(identity, err);
}

/* While Redis is away its own health says so: nothing more is to be said. */
static void work_if_member(void)
{
    struct identity identity;
    struct err err;
    int state;

    if (cluster_db() == NULL || !redis_is_up(cluster_redis()) || !identity_get(&identity))
        return;
    err_reset(&err);
    state = work(&identity, &err);
    memset(&identity, 0, sizeof identity); /* it holds secrets */
    if (state == 0 || redis_is_up(cluster_redis()))
        health_set("statistics to Redis", state != 0, LOG_LEVEL_WARN, "%s", err.text);
}

static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&push.lock);
    while (!push.is_ending) {
        struct timespec until;
        int state = 0;

        pthread_mutex_unlock(&push.lock);
        work_if_member();
        pthread_mutex_lock(&push.lock);
        until = clock_timespec(clock_mono_ms() + STATISTICS_PUSH_MS);
        while (!push.is_ending && state != ETIMEDOUT)
            state = pthread_cond_timedwait(&push.changed, &push.lock, &until);
    }
    pthread_mutex_unlock(&push.lock);
    work_if_member(); /* what was written at the end */
    return NULL;
}

int statistics_push_begin(struct err *err)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&push.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    push.is_ending = false;
    if (pthread_create(&push.thread, NULL, run, NULL) != 0)
        return err_set(err, "a thread for statistics: %s", strerror(errno));
    push.is_running = true;
    return 0;
}

void statistics_push_end(void)
{
    if (!push.is_running)
        return;
    pthread_mutex_lock(&push.lock);
    push.is_ending = true;
    pthread_cond_broadcast(&push.changed);
    pthread_mutex_unlock(&push.lock);
    pthread_join(push.thread, NULL);
    str_clear(&push.link);
    push.is_running = false;
}
