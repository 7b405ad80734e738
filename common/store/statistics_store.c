/* The hours of statistics in policyd.db. */
#include "store/statistics_store.h"

#include <stdio.h>

#include "store/policy_db_inside.h"

#define TEXT_OF(number) #number
#define AS_TEXT(name)   TEXT_OF(name)
#define LARGE           AS_TEXT(STATISTICS_LARGE)

static void bind_node(sqlite3_stmt *stmt, int index, const struct statistics_row *row)
{
    sqlite3_bind_text(stmt, index, row->node, -1, SQLITE_TRANSIENT);
}

/* Hour and node stand at 1 and 2, a further number (when above zero) at 3. */
static sqlite3_stmt *prepare(struct sql *sql, const char *text,
                             const struct statistics_row *row, int64_t number, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, text, err);

    if (stmt == NULL)
        return NULL;
    sql_bind(stmt, 1, row->hour);
    bind_node(stmt, 2, row);
    if (number > 0)
        sql_bind(stmt, 3, number);
    return stmt;
}

static int change(struct policy_db *db, const char *text, const struct statistics_row *row,
                  int64_t number, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt = prepare(sql, text, row, number, err);
    int result = stmt != NULL ? sql_step(sql, stmt, err) : -1;

    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return result < 0 ? -1 : 0;
}

int statistics_store_put(struct policy_db *db, const struct statistics_row *row,
                         struct span counts, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt =
        prepare(sql,
                "INSERT INTO statistics (hour, node, version, is_sent, counts)"
                " VALUES (?1, ?2, 1, 0, ?3) ON CONFLICT (hour, node) DO UPDATE"
                " SET version = version + 1, is_sent = 0, counts = excluded.counts",
                row, 0, err);
    int result = -1;

    if (stmt != NULL) {
        sql_bind_span(stmt, 3, counts);
        result = sql_step(sql, stmt, err);
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return result < 0 ? -1 : 0;
}

/* Columns: hour, node, version, counts. */
static int read_row(struct policy_db *db, const char *text, struct statistics_row *row,
                    int64_t number, struct str *counts, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt = prepare(sql, text, row, number, err);
    int result = stmt != NULL ? sql_step(sql, stmt, err) : -1;

    if (result == 1) {
        row->hour = sqlite3_column_int64(stmt, 0);
        snprintf(row->node, sizeof(row->node), "%.*s", SPAN_ARG(sql_span(stmt, 1)));
        row->version = sqlite3_column_int64(stmt, 2);
        str_add(counts, sql_span(stmt, 3));
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return result;
}

int statistics_store_get(struct policy_db *db, struct statistics_row *row, struct str *counts,
                         struct err *err)
{
    return read_row(db,
                    "SELECT hour, node, version, counts FROM statistics"
                    " WHERE hour = ?1 AND node = ?2",
                    row, 0, counts, err);
}

int statistics_store_next(struct policy_db *db, struct statistics_row *row, int64_t until,
                          struct str *counts, struct err *err)
{
    return read_row(db,
                    "SELECT hour, node, version, counts FROM statistics"
                    " WHERE (hour, node) > (?1, ?2) AND hour <= ?3 ORDER BY hour, node LIMIT 1",
                    row, until, counts, err);
}

int statistics_store_large(struct policy_db *db, struct statistics_row *row, int64_t before,
                           struct str *counts, struct err *err)
{
    return read_row(db,
                    "SELECT hour, node, version, counts FROM statistics"
                    " WHERE (hour, node) > (?1, ?2) AND hour < ?3 AND length(counts) > " LARGE
                    " ORDER BY hour, node LIMIT 1",
                    row, before, counts, err);
}

int statistics_store_unsent(struct policy_db *db, struct statistics_row *row,
                            struct str *counts, struct err *err)
{
    return read_row(db,
                    "SELECT hour, node, version, counts FROM statistics"
                    " WHERE is_sent = 0 AND node = ?2 AND hour > ?1 ORDER BY hour LIMIT 1",
                    row, 0, counts, err);
}

int statistics_store_sent(struct policy_db *db, const struct statistics_row *row,
                          struct err *err)
{
    return change(db,
                  "UPDATE statistics SET is_sent = 1"
                  " WHERE hour = ?1 AND node = ?2 AND version = ?3",
                  row, row->version, err);
}

int statistics_store_lost(struct policy_db *db, const struct statistics_row *row,
                          struct err *err)
{
    return change(db, "UPDATE statistics SET is_sent = 0 WHERE hour = ?1 AND node = ?2", row, 0,
                  err);
}

int statistics_store_list_sent(struct policy_db *db, const struct statistics_row *row,
                               struct statistics_row *rows, size_t room, size_t *count_r,
                               struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt =
        prepare(sql,
                "SELECT hour, version FROM statistics WHERE is_sent = 1 AND hour > ?1"
                " AND node = ?2 ORDER BY hour LIMIT ?3",
                row, (int64_t)room, err);
    int state = -1;

    *count_r = 0;
    while (stmt != NULL && *count_r < room && (state = sql_step(sql, stmt, err)) == 1) {
        struct statistics_row *found = &rows[(*count_r)++];
        *found = *row;
        found->hour = sqlite3_column_int64(stmt, 0);
        found->version = sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return state < 0 ? -1 : 0;
}

int statistics_store_adopt(struct policy_db *db, const struct statistics_row *row,
                           struct err *err)
{
    /* ?1, the hour, is not used. */
    return change(db,
                  "UPDATE OR IGNORE statistics SET node = ?2, is_sent = 0"
                  " WHERE node = '' AND ?1 IS NOT NULL",
                  row, 0, err);
}

int statistics_store_expire(struct policy_db *db, int64_t before, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    int result = sql_do(sql, "DELETE FROM statistics WHERE hour < ?1", before, 0, err);

    policy_db_unlock(db);
    return result < 0 ? -1 : 0;
}
