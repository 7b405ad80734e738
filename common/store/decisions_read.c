/* Reads decisions back by their code, without an index. */
#include "store/decision_words.h"

#include <stdlib.h>
#include <unistd.h>

#define FLUSH_MS 500
static const char find_text[] =
    "SELECT " DECISION_COLUMNS ", facts FROM decision WHERE row = ?1";

void decision_row_read(const struct decisions *d, uint16_t day, sqlite3_stmt *stmt,
                       struct arena *arena, struct decision *out_r)
{
    struct decision_record *r = &out_r->record;
    struct decision_keys keys;
    struct span *const texts[] = {&r->path,   &r->client,     &r->helo,        &r->auth_user,
                                  &r->sender, &r->recipients, &r->disposition, &r->rule,
                                  &r->reply,  &r->queue_id,   &r->message_id};

    *out_r = (struct decision){0};
    decisions_take_keys(d, &keys);
    out_r->ticket.id = (struct decision_id){keys.of[0].node, d->program, day,
                                            (uint32_t)sqlite3_column_int64(stmt, 0)};
    decision_code_print(decision_code_seal(keys.of[0].key, &out_r->ticket.id),
                        out_r->ticket.code);
    r->time_ms = sqlite3_column_int64(stmt, 1);
    for (int i = 0; i < 11; i++)
        *texts[i] = sql_keep(stmt, 2 + i, arena);
    r->revision = (uint64_t)sqlite3_column_int64(stmt, 13);
    r->generation = (uint64_t)sqlite3_column_int64(stmt, 14);
    r->reasons = sql_keep(stmt, 15, arena);
}

int decision_day_open(const struct decisions *d, uint16_t day, struct sql *sql, struct err *err)
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
    int result = decision_day_open(d, id->day, &sql, err);

    if (result == 0)
        err_set(err, "the decisions of that day are no longer kept (decisions_days)");
    if (result != 1)
        return result;
    stmt = sql_prepare(&sql, find_text, err);
    if (stmt != NULL)
        sql_bind(stmt, 1, id->row);
    result = stmt == NULL ? -1 : sql_step(&sql, stmt, err);
    if (result == 1) {
        decision_row_read(d, id->day, stmt, arena, decision_r);
        decision_r->record.facts = sql_keep(stmt, COLUMN_FACTS, arena);
    } else if (result == 0)
        err_set(err, "the code is one of ours, but its decision was never recorded");
    sqlite3_finalize(stmt);
    sql_close(&sql);
    return result;
}

/* What it may stand for: an id under each key that says this node and this program. */
static size_t ids_of(const struct decisions *d, uint64_t sealed, struct decision_id *ids_r,
                     bool *is_others_r)
{
    struct decision_keys keys;
    size_t count = 0;

    decisions_take_keys(d, &keys);
    for (size_t i = 0; i < keys.count; i++) {
        decision_code_open(keys.of[i].key, sealed, &ids_r[count]);
        if (ids_r[count].node != keys.of[i].node)
            continue;
        if (ids_r[count].program == d->program)
            count++;
        else
            *is_others_r = true;
    }
    explicit_bzero(&keys, sizeof keys);
    return count;
}

size_t decision_code_ids(const struct decisions *d, struct span code,
                         struct decision_id ids_r[DECISION_KEYS], struct err *err)
{
    bool is_others = false;
    uint64_t sealed;
    size_t count;

    if (!decision_code_parse(code, &sealed)) {
        err_set(err, "not a decision code; one looks like M7K2-9QF4-T3WX");
        return 0;
    }
    count = ids_of(d, sealed, ids_r, &is_others);
    if (count == 0 && is_others)
        err_set(err, "the code was given by postgate-%s",
                d->program == DECISION_MILTER ? "policyd" : "milter");
    else if (count == 0)
        err_set(err, "the code was not given by this node (or it is misspelt)");
    return count;
}

int decisions_find(struct decisions *decisions, struct span code, struct arena *arena,
                   struct decision *decision_r, struct err *err)
{
    struct decision_id ids[DECISION_KEYS];
    size_t count = decision_code_ids(decisions, code, ids, err);
    uint64_t sealed;
    int result = 0;

    if (count > 0)
        decisions_flush(decisions, FLUSH_MS);
    for (size_t i = 0; i < count && result == 0; i++)
        result = find_row(decisions, &ids[i], arena, decision_r, err);
    if (result == 1 && decision_code_parse(code, &sealed))
        decision_code_print(sealed, decision_r->ticket.code);
    return result;
}
