/* The writer of decisions: takes what is queued as one group, writes it in one transaction, reserves rows ahead. */
#include "store/decisions_inside.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define GATHER_MS 10   /* a group waits so long for more, which makes rows cheap */
#define GROUP     1024 /* at most in one transaction */
#define RETRY_MS  1000 /* after a reservation that failed */

static const char insert_text[] =
    "INSERT OR IGNORE INTO decision VALUES"
    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";

/* The day's file that is open; day 0 is none. */
struct writing {
    struct decisions *d;
    struct sql sql;
    sqlite3_stmt *insert;
    uint16_t day;
};

static void close_day(struct writing *w)
{
    sqlite3_finalize(w->insert);
    w->insert = NULL;
    sql_close(&w->sql);
    w->day = 0;
}

static int open_day(struct writing *w, uint16_t day, struct err *err)
{
    if (w->day == day)
        return 0;
    close_day(w);
    if (decision_file_open(w->d, day, false, &w->sql, err) == 0 &&
        (w->insert = sql_prepare(&w->sql, insert_text, err)) != NULL) {
        w->day = day;
        return 0;
    }
    return -1;
}

static int write_one(struct writing *w, const struct queued *q, struct err *err)
{
    const struct decision_record *r = &q->record;
    const struct span texts[] = {r->path,   r->client,     r->helo,        r->auth_user,
                                 r->sender, r->recipients, r->disposition, r->rule,
                                 r->reply,  r->queue_id,   r->message_id};
    int result;

    sql_bind(w->insert, 1, q->id.row);
    sql_bind(w->insert, 2, r->time_ms);
    for (int i = 0; i < 11; i++)
        sql_bind_span(w->insert, 3 + i, texts[i]);
    sql_bind(w->insert, 14, (int64_t)r->revision);
    sql_bind(w->insert, 15, (int64_t)r->generation);
    sql_bind_span(w->insert, 16, r->reasons);
    sql_bind_span(w->insert, 17, r->facts);
    result = sql_step(&w->sql, w->insert, err);
    sqlite3_reset(w->insert);
    return result;
}

/* Those of the group that belong to the day of the first, in one transaction. *rest_r: the first that does not. */
static int write_day(struct writing *w, struct queued *group, struct queued **rest_r,
                     struct err *err)
{
    uint16_t day = group->id.day;
    int result = open_day(w, day, err);

    if (result == 0 && decision_file_bytes(w->d, day) > (uint64_t)w->d->max_bytes)
        result = err_set(err, "the records of one day reached decisions_max_bytes; no more are "
                              "kept until tomorrow");
    if (result == 0 && (result = sql_begin(&w->sql, err)) == 0) {
        for (; group != NULL && group->id.day == day && result == 0; group = group->next)
            result = write_one(w, group, err);
        result = sql_end(&w->sql, result, err);
    }
    while (result < 0 && group != NULL && group->id.day == day)
        group = group->next;
    *rest_r = group;
    return result;
}

/* A damaged file is put aside once, and the group goes into a new one. */
static int write_or_renew(struct writing *w, struct queued *group, struct queued **rest_r,
                          struct err *err)
{
    int result = write_day(w, group, rest_r, err);
    bool is_damaged = result < 0 && w->sql.is_damaged;

    if (result == 0)
        return 0;
    close_day(w);
    if (!is_damaged)
        return -1;
    log_error("decisions: %s; it is put aside", err->text);
    decision_file_put_aside(w->d, group->id.day);
    return write_day(w, group, rest_r, err);
}

static size_t length(const struct queued *from, const struct queued *to)
{
    size_t count = 0;

    for (; from != to; from = from->next)
        count++;
    return count;
}

static void settle(struct decisions *d, size_t count, bool is_written, const struct err *err)
{
    pthread_mutex_lock(&d->mutex);
    d->done += count;
    *(is_written ? &d->counters.written : &d->counters.dropped) += count;
    d->counters.is_failing = !is_written;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->mutex);
    log_state("decisions", !is_written, LOG_LEVEL_ERROR,
              "%s; mail goes on, its decisions are not recorded", err->text);
}

static void write_group(struct writing *w, struct queued *group)
{
    struct queued *rest;
    struct err err;

    while (group != NULL) {
        err_reset(&err);
        bool is_written = write_or_renew(w, group, &rest, &err) == 0;

        settle(w->d, length(group, rest), is_written, &err);
        while (group != rest) {
            struct queued *next = group->next;

            free(group);
            group = next;
        }
    }
}

/* Under the mutex: takes up to GROUP records off the queue. */
static struct queued *take_group(struct decisions *d)
{
    struct queued *group = d->first, **end = &d->first;

    for (int i = 0; i < GROUP && *end != NULL; i++) {
        d->counters.queued--;
        d->queued_bytes -= (*end)->bytes;
        end = &(*end)->next;
    }
    d->first = *end;
    *end = NULL;
    if (d->first == NULL)
        d->last = &d->first;
    return group;
}

/* Under the mutex, which is given up meanwhile. False when it failed: not again before RETRY_MS. */
static bool reserve_block(struct decisions *d)
{
    uint16_t today = decisions_today();
    struct row_block block = {0};
    struct err err;
    bool is_needed = d->next_block.from == d->next_block.to || d->next_block.day != today;
    bool is_good = true;

    d->wants_block = false;
    if (!is_needed)
        return true;
    pthread_mutex_unlock(&d->mutex);
    err_reset(&err);
    is_good = decision_rows_reserve(d, today, &block, &err) == 0;
    log_state("decision rows", !is_good, LOG_LEVEL_ERROR, "%s", err.text);
    pthread_mutex_lock(&d->mutex);
    if (is_good)
        d->next_block = block;
    d->wants_block = !is_good;
    return is_good;
}

static void wait_ms(struct decisions *d, int64_t ms)
{
    int64_t at = clock_mono_ms() + ms;
    struct timespec until = {(time_t)(at / 1000), (long)(at % 1000) * 1000000};

    pthread_cond_timedwait(&d->wake, &d->mutex, &until);
}

/* Under the mutex: until there is something to do. */
static void wait_for_work(struct decisions *d, bool may_reserve)
{
    while (!d->is_stopping && d->first == NULL && !(d->wants_block && may_reserve)) {
        if (d->wants_block) {
            wait_ms(d, RETRY_MS);
            return;
        }
        pthread_cond_wait(&d->wake, &d->mutex);
    }
    if (d->first != NULL && !d->is_stopping && d->counters.queued < GATHER)
        wait_ms(d, GATHER_MS); /* decisions_put wakes again at GATHER only */
}

void *decisions_write(void *decisions)
{
    struct decisions *d = decisions;
    struct writing w = {.d = d};
    int64_t reserve_at = 0;

    pthread_mutex_lock(&d->mutex);
    while (!d->is_stopping || d->first != NULL) {
        bool may_reserve = clock_mono_ms() >= reserve_at;

        wait_for_work(d, may_reserve);
        if (d->wants_block && may_reserve && !d->is_stopping && !reserve_block(d))
            reserve_at = clock_mono_ms() + RETRY_MS;
        struct queued *group = take_group(d);

        pthread_mutex_unlock(&d->mutex);
        if (group != NULL) {
            log_state("decisions queue", false, LOG_LEVEL_INFO, "%s", "");
            write_group(&w, group);
        }
        pthread_mutex_lock(&d->mutex);
    }
    pthread_mutex_unlock(&d->mutex);
    close_day(&w);
    pthread_mutex_lock(&d->mutex);
    d->threads--;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->mutex);
    return NULL;
}
