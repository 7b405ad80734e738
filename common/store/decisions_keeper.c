/* The keeper of decisions: removes what is too old or too much, and gives rows that are settled the words by which they are found. */
#include "store/decision_words.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define EACH_MS 60000
/* So long after a row was given out it is written, or never: a transaction has ended by then. */
#define SETTLING_MS 600000
#define MARKS       (SETTLING_MS / EACH_MS + 2)
#define MAX_DAYS    4096

/* Rows of today below `row` were given out at that time. */
struct row_mark {
    int64_t mono_ms;
    uint16_t day;
    uint32_t row;
};
struct keeping {
    struct decisions *d;
    uint16_t done;           /* days up to here have their words, or never get them */
    struct row_mark settled; /* what was given out so long ago that it is written */
    struct row_mark marks[MARKS];
    size_t count;
};

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

/* Rows below `below` of a day; all of a day that is over. */
static void keep_words(struct decisions *d, uint16_t day, int64_t below, bool is_over)
{
    struct sql sql;
    struct word_keeping keeping = {&sql, below, is_over, should_stop, d};
    struct err err;
    int result;

    err_reset(&err);
    if (decision_file_bytes(d, day) == 0)
        return;
    result = decision_file_open(d, day, false, &sql, &err);
    if (result == 0)
        result = decision_words_keep(&keeping, &err);
    log_state("decision words", result < 0, LOG_LEVEL_WARN, "%s; searching that day is slow",
              err.text);
    sql_close(&sql);
}

static void keep_past(struct keeping *k)
{
    uint16_t days[MAX_DAYS];
    uint16_t past = (uint16_t)((clock_now_ms() - SETTLING_MS) / DAY_MS);
    size_t count = decision_file_days(k->d, days, MAX_DAYS);

    for (size_t i = 0; i < count && days[i] < past && should_stop(k->d) == 0; i++)
        if (days[i] > k->done)
            keep_words(k->d, days[i], (int64_t)UINT32_MAX + 1, true);
    if (past > 0 && k->done < past - 1)
        k->done = (uint16_t)(past - 1);
}

static struct row_mark take_mark(struct decisions *d)
{
    struct row_mark mark = {.mono_ms = clock_mono_ms()};

    pthread_mutex_lock(&d->mutex);
    mark.day = d->block.day;
    mark.row = d->block.from;
    pthread_mutex_unlock(&d->mutex);
    return mark;
}

/* Moves on to the newest mark that is old enough, and makes room for the next. */
static void settle(struct keeping *k)
{
    size_t old = 0;

    while (old < k->count && k->marks[old].mono_ms + SETTLING_MS <= clock_mono_ms())
        k->settled = k->marks[old++];
    if (old == 0 && k->count == MARKS)
        old = 1;
    k->count -= old;
    memmove(k->marks, k->marks + old, k->count * sizeof(*k->marks));
    k->marks[k->count++] = take_mark(k->d);
}

static void keep_today(struct keeping *k)
{
    settle(k);
    if (k->settled.row > 0 && k->settled.day == decisions_today())
        keep_words(k->d, k->settled.day, k->settled.row, false);
}

void *decisions_keep(void *decisions)
{
    struct decisions *d = decisions;
    struct keeping keeping = {.d = d};

    keeping.settled =
        take_mark(d); /* what an earlier process gave out will not come any more */
    pthread_mutex_lock(&d->mutex);
    while (!d->is_stopping) {
        int64_t at = clock_mono_ms() + EACH_MS;
        struct timespec until = {(time_t)(at / 1000), (long)(at % 1000) * 1000000};

        pthread_mutex_unlock(&d->mutex);
        decisions_retain(d);
        keep_past(&keeping);
        keep_today(&keeping);
        pthread_mutex_lock(&d->mutex);
        if (!d->is_stopping)
            pthread_cond_timedwait(&d->wake_keeper, &d->mutex, &until);
    }
    d->threads--;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->mutex);
    return NULL;
}
