/* The keeper of decisions: removes what is too old or too much, and gives days that are over an index, in bulk. */
#include "store/decisions_inside.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define EACH_MS 60000
#define SETTLING_MS                                                                            \
    600000 /* after midnight: late records of the day before are written by then */
#define MAX_DAYS 4096
#define STEPS    10000 /* of SQLite between two looks at whether to stop */

static const char index_text[] =
    "CREATE INDEX IF NOT EXISTS by_queue_id ON decision (queue_id) WHERE queue_id <> x''";

static size_t remove_old(struct decisions *d, uint16_t *days, size_t count, uint16_t today)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if ((int64_t)days[i] + d->days < today)
            decision_file_sum(d, days[i], true);
        else
            days[kept++] = days[i];
    }
    return kept;
}

/* Oldest first, never today's. */
static void remove_surplus(struct decisions *d, const uint16_t *days, size_t count,
                           uint16_t today)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += decision_file_sum(d, days[i], false);
    for (size_t i = 0; i < count && sum > (uint64_t)d->max_bytes; i++)
        sum -= days[i] == today ? 0 : decision_file_sum(d, days[i], true);
}

void decisions_retain(struct decisions *d)
{
    uint16_t days[MAX_DAYS];
    uint16_t today = decisions_today();
    size_t count = decision_file_days(d, days, MAX_DAYS);

    count = remove_old(d, days, count, today);
    remove_surplus(d, days, count, today);
}

static int should_stop(void *decisions)
{
    struct decisions *d = decisions;
    bool is_stopping;

    pthread_mutex_lock(&d->mutex);
    is_stopping = d->is_stopping;
    pthread_mutex_unlock(&d->mutex);
    return is_stopping;
}

static void index_day(struct decisions *d, uint16_t day)
{
    struct sql sql;
    struct err err;

    err_reset(&err);
    if (decision_file_bytes(d, day) == 0)
        return;
    if (decision_file_open(d, day, false, &sql, &err) == 0) {
        sqlite3_progress_handler(sql.db, STEPS, should_stop, d);
        if (sql_run(&sql, index_text, &err) < 0 && should_stop(d) == 0)
            log_warn("decisions: %s; searching that day is slow", err.text);
    }
    sql_close(&sql);
}

/* Days up to *done have their index, or never get one. */
static void index_past(struct decisions *d, uint16_t *done)
{
    uint16_t days[MAX_DAYS];
    uint16_t past = (uint16_t)((clock_now_ms() - SETTLING_MS) / DAY_MS);
    size_t count = decision_file_days(d, days, MAX_DAYS);

    for (size_t i = 0; i < count && days[i] < past && should_stop(d) == 0; i++)
        if (days[i] > *done)
            index_day(d, days[i]);
    if (past > 0 && *done < past - 1)
        *done = past - 1;
}

void *decisions_keep(void *decisions)
{
    struct decisions *d = decisions;
    uint16_t indexed = 0;

    pthread_mutex_lock(&d->mutex);
    while (!d->is_stopping) {
        int64_t at = clock_mono_ms() + EACH_MS;
        struct timespec until = {(time_t)(at / 1000), (long)(at % 1000) * 1000000};

        pthread_mutex_unlock(&d->mutex);
        decisions_retain(d);
        index_past(d, &indexed);
        pthread_mutex_lock(&d->mutex);
        if (!d->is_stopping)
            pthread_cond_timedwait(&d->wake_keeper, &d->mutex, &until);
    }
    d->threads--;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->mutex);
    return NULL;
}
