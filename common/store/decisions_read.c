/* Reads decisions back: by code without an index, or newest first. */
#include "store/decisions_inside.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

#define FLUSH_MS 500
#define MAX_DAYS 4096

#define COLUMNS                                                                                \
    "row, time, path, client, helo, auth_user, sender, recipients, disposition, rule, reply,"  \
    " queue_id, message_id, revision, generation, reasons"

static const char find_text[] = "SELECT " COLUMNS ", facts FROM decision WHERE row = ?1";
static const char list_text[] = "SELECT " COLUMNS ", x'' FROM decision WHERE time >= ?1"
                                " ORDER BY row DESC LIMIT ?2";
static const char queue_text[] =
    "SELECT " COLUMNS ", x'' FROM decision WHERE time >= ?1 AND queue_id <> x''"
    " AND queue_id = ?3 ORDER BY row DESC LIMIT ?2";

static void read_row(const struct decisions *d, uint16_t day, sqlite3_stmt *stmt,
                     struct arena *arena, struct decision *out_r)
{
    struct decision_record *r = &out_r->record;
    struct span *const texts[] = {&r->path,   &r->client,     &r->helo,        &r->auth_user,
                                  &r->sender, &r->recipients, &r->disposition, &r->rule,
                                  &r->reply,  &r->queue_id,   &r->message_id};

    *out_r = (struct decision){0};
    out_r->ticket.id =
        (struct decision_id){d->node, d->program, day, (uint32_t)sqlite3_column_int64(stmt, 0)};
    decision_code_print(decision_code_seal(d->key, &out_r->ticket.id), out_r->ticket.code);
    r->time_ms = sqlite3_column_int64(stmt, 1);
    for (int i = 0; i < 11; i++)
        *texts[i] = sql_keep(stmt, 2 + i, arena);
    r->revision = (uint64_t)sqlite3_column_int64(stmt, 13);
    r->generation = (uint64_t)sqlite3_column_int64(stmt, 14);
    r->reasons = sql_keep(stmt, 15, arena);
    r->facts = sql_keep(stmt, 16, arena);
}

/* 1 open, 0 there is no file of that day, -1. */
static int open_day(const struct decisions *d, uint16_t day, struct sql *sql, struct err *err)
{
    char *path = decisions_path(d, day, "db");
    bool is_there = access(path, F_OK) == 0;

    free(path);
    *sql = (struct sql){0};
    if (!is_there)
        return 0;
    if (decision_file_open(d, day, true, sql, err) == 0)
        return 1;
    sql_close(sql);
    return -1;
}

static int find_row(const struct decisions *d, const struct decision_id *id,
                    struct arena *arena, struct decision *decision_r, struct err *err)
{
    struct sql sql;
    sqlite3_stmt *stmt;
    int result = open_day(d, id->day, &sql, err);

    if (result == 0)
        err_set(err, "the decisions of that day are no longer kept (decisions_days)");
    if (result != 1)
        return result;
    stmt = sql_prepare(&sql, find_text, err);
    if (stmt != NULL)
        sql_bind(stmt, 1, id->row);
    result = stmt == NULL ? -1 : sql_step(&sql, stmt, err);
    if (result == 1)
        read_row(d, id->day, stmt, arena, decision_r);
    else if (result == 0)
        err_set(err, "the code is one of ours, but its decision was never recorded");
    sqlite3_finalize(stmt);
    sql_close(&sql);
    return result;
}

static bool is_ours(const struct decisions *d, struct span code, struct decision_id *id_r,
                    struct err *err)
{
    uint64_t sealed;

    if (!decision_code_parse(code, &sealed)) {
        err_set(err, "not a decision code; one looks like M7K2-9QF4-T3WX");
        return false;
    }
    decision_code_open(d->key, sealed, id_r);
    if (id_r->node != d->node) {
        err_set(err, "the code was not given by this node (or it is misspelt)");
        return false;
    }
    if (id_r->program == d->program)
        return true;
    err_set(err, "the code was given by postgate-%s",
            id_r->program == DECISION_MILTER ? "milter" : "policyd");
    return false;
}

int decisions_find(struct decisions *decisions, struct span code, struct arena *arena,
                   struct decision *decision_r, struct err *err)
{
    struct decision_id id;

    if (!is_ours(decisions, code, &id, err))
        return 0;
    decisions_flush(decisions, FLUSH_MS);
    return find_row(decisions, &id, arena, decision_r, err);
}

static int list_day(const struct decisions *d, uint16_t day,
                    const struct decisions_filter *filter, struct arena *arena,
                    struct decision *list, size_t *count, struct err *err)
{
    struct sql sql;
    sqlite3_stmt *stmt;
    int result = open_day(d, day, &sql, err);

    if (result != 1)
        return result;
    stmt = sql_prepare(&sql, filter->queue_id.len > 0 ? queue_text : list_text, err);
    result = stmt == NULL ? -1 : 1;
    if (stmt != NULL) {
        sql_bind(stmt, 1, filter->since_ms);
        sql_bind(stmt, 2, (int64_t)(filter->limit - *count));
        sql_bind_span(stmt, 3, filter->queue_id);
    }
    while (result == 1 && *count < filter->limit) {
        result = sql_step(&sql, stmt, err);
        if (result == 1)
            read_row(d, day, stmt, arena, &list[(*count)++]);
    }
    sqlite3_finalize(stmt);
    sql_close(&sql);
    return result < 0 ? -1 : 0;
}

int decisions_list(struct decisions *decisions, const struct decisions_filter *filter,
                   struct arena *arena, struct decision **list_r, size_t *count_r,
                   struct err *err)
{
    struct decisions_filter bounded = *filter;
    uint16_t *days = xreallocarray(NULL, MAX_DAYS, sizeof(*days));
    size_t day_count = decision_file_days(decisions, days, MAX_DAYS);
    int result = 0;

    if (bounded.limit > DECISIONS_MAX_LIST)
        bounded.limit = DECISIONS_MAX_LIST;
    *list_r = arena_array(arena, bounded.limit + 1, sizeof(**list_r));
    *count_r = 0;
    decisions_flush(decisions, FLUSH_MS);
    while (day_count > 0 && *count_r < bounded.limit && result == 0) {
        uint16_t day = days[--day_count];

        if ((int64_t)day < filter->since_ms / DAY_MS - 1)
            break;
        result = list_day(decisions, day, &bounded, arena, *list_r, count_r, err);
    }
    free(days);
    return result;
}
