/* Applied entries of the signed logs in policyd.db, their heads and the pieces of large ones. */
#include "store/ledger_store.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "store/policy_db_inside.h"

/* What is kept for ever: the history of the rules, and whose signature counted when. */
static bool is_kept_whole(struct span subject)
{
    return span_is(subject, "rules") || span_is(subject, "members");
}

static void copy_text(char *out_r, size_t size, struct span s)
{
    size_t len = s.len < size ? s.len : size - 1;

    memset(out_r, 0, size);
    if (len > 0)
        memcpy(out_r, s.ptr, len);
}

/* Columns: subject, number, base, hash. */
static void read_head(sqlite3_stmt *stmt, struct ledger_head *head)
{
    copy_text(head->subject, sizeof head->subject, sql_span(stmt, 0));
    head->number = (uint64_t)sqlite3_column_int64(stmt, 1);
    head->base = (uint64_t)sqlite3_column_int64(stmt, 2);
    copy_text(head->hash, sizeof head->hash, sql_span(stmt, 3));
}

static int read_heads(struct sql *sql, struct ledger_head **heads, size_t *count,
                      struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(
        sql, "SELECT subject, number, base, hash FROM ledger_head ORDER BY subject", err);
    int result = stmt == NULL ? -1 : 1;

    while (result == 1) {
        result = sql_step(sql, stmt, err);
        if (result == 1) {
            *heads = xreallocarray(*heads, *count + 1, sizeof **heads);
            read_head(stmt, &(*heads)[(*count)++]);
        }
    }
    sqlite3_finalize(stmt);
    return result;
}

int ledger_store_heads(struct policy_db *db, struct ledger_head **heads_r, size_t *count_r,
                       struct err *err)
{
    int result;

    *heads_r = NULL;
    *count_r = 0;
    result = read_heads(policy_db_lock(db), heads_r, count_r, err);
    policy_db_unlock(db);
    if (result < 0) {
        xfree(heads_r);
        *count_r = 0;
    }
    return result;
}

int ledger_store_head(struct policy_db *db, struct span subject, struct ledger_head *head_r,
                      struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt = sql_prepare(
        sql, "SELECT subject, number, base, hash FROM ledger_head WHERE subject = ?1", err);
    int result = -1;

    *head_r = (struct ledger_head){0};
    if (stmt != NULL) {
        sql_bind_span(stmt, 1, subject);
        result = sql_step(sql, stmt, err);
        if (result == 1)
            read_head(stmt, head_r);
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return result;
}

/* text has the places ?1 subject, ?2 number, and perhaps ?3 and ?4 of more. */
static int write_row(struct sql *sql, const char *text, const struct ledger_piece *row,
                     struct span more, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, text, err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind_span(stmt, 1, row->subject);
    sql_bind(stmt, 2, (int64_t)row->number);
    if (sqlite3_bind_parameter_count(stmt) >= 3)
        sql_bind_span(stmt, 3, more);
    if (sqlite3_bind_parameter_count(stmt) >= 4)
        sqlite3_bind_text(stmt, 4, row->hash, -1, SQLITE_STATIC);
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result;
}

static int write_head(struct sql *sql, const struct ledger_head *head, struct err *err)
{
    sqlite3_stmt *stmt =
        sql_prepare(sql, "INSERT OR REPLACE INTO ledger_head VALUES (?1, ?2, ?3, ?4)", err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind_span(stmt, 1, span_of(head->subject));
    sql_bind(stmt, 2, (int64_t)head->number);
    sql_bind(stmt, 3, (int64_t)head->base);
    sqlite3_bind_text(stmt, 4, head->hash, -1, SQLITE_STATIC);
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result;
}

static int drop_below(struct sql *sql, struct span subject, uint64_t base, struct err *err)
{
    static const char *const texts[] = {
        "DELETE FROM ledger_entry WHERE subject = ?1 AND number < ?2",
        "DELETE FROM ledger_part WHERE subject = ?1 AND number < ?2"};
    const struct ledger_piece row = {subject, base, NULL};

    for (size_t i = 0; i < 2 && !is_kept_whole(subject); i++)
        if (write_row(sql, texts[i], &row, SPAN(""), err) < 0)
            return -1;
    return 0;
}

static int put(struct sql *sql, const struct ledger_head *head, struct span envelope,
               struct err *err)
{
    const struct ledger_piece row = {span_of(head->subject), head->number, NULL};

    if (write_row(sql, "INSERT OR REPLACE INTO ledger_entry VALUES (?1, ?2, ?3)", &row,
                  envelope, err) < 0 ||
        write_head(sql, head, err) < 0)
        return -1;
    return drop_below(sql, row.subject, head->base, err);
}

int ledger_store_put(struct policy_db *db, const struct ledger_head *head, struct span envelope,
                     struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    int result = sql_begin(sql, err);

    if (result == 0)
        result = sql_end(sql, put(sql, head, envelope, err), err);
    policy_db_unlock(db);
    return result;
}

/* One blob of the row that ?1 and the second place name. */
static int read_blob(struct sql *sql, sqlite3_stmt *stmt, struct str *out, struct err *err)
{
    int result = sql_step(sql, stmt, err);

    if (result == 1)
        str_add(out, sql_span(stmt, 0));
    sqlite3_finalize(stmt);
    return result;
}

int ledger_store_get(struct policy_db *db, struct span subject, uint64_t number,
                     struct str *out, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt = sql_prepare(
        sql, "SELECT envelope FROM ledger_entry WHERE subject = ?1 AND number = ?2", err);
    int result = -1;

    if (stmt != NULL) {
        sql_bind_span(stmt, 1, subject);
        sql_bind(stmt, 2, (int64_t)number);
        result = read_blob(sql, stmt, out, err);
    }
    policy_db_unlock(db);
    return result;
}

int ledger_store_first(struct policy_db *db, struct span subject, uint64_t *number_r,
                       struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt =
        sql_prepare(sql, "SELECT min(number) FROM ledger_entry WHERE subject = ?1", err);
    int result = -1;

    *number_r = 0;
    if (stmt != NULL) {
        sql_bind_span(stmt, 1, subject);
        result = sql_step(sql, stmt, err);
        if (result == 1)
            *number_r = (uint64_t)sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return result < 0 ? -1 : 0;
}

int ledger_store_clear(struct policy_db *db, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    int result = sql_begin(sql, err);

    if (result == 0)
        result = sql_end(sql,
                         sql_run(sql,
                                 "DELETE FROM ledger_head; DELETE FROM ledger_entry;"
                                 "DELETE FROM ledger_part",
                                 err),
                         err);
    policy_db_unlock(db);
    return result;
}

int ledger_store_put_piece(struct policy_db *db, const struct ledger_piece *piece,
                           struct span bytes, struct err *err)
{
    int result = write_row(policy_db_lock(db),
                           "INSERT OR REPLACE INTO ledger_part (subject, number, bytes, hash)"
                           " VALUES (?1, ?2, ?3, ?4)",
                           piece, bytes, err);

    policy_db_unlock(db);
    return result;
}

int ledger_store_get_piece(struct policy_db *db, struct span subject, const char *hash,
                           struct str *out, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt =
        sql_prepare(sql, "SELECT bytes FROM ledger_part WHERE subject = ?1 AND hash = ?2", err);
    int result = -1;

    if (stmt != NULL) {
        sql_bind_span(stmt, 1, subject);
        sqlite3_bind_text(stmt, 2, hash, -1, SQLITE_STATIC);
        result = read_blob(sql, stmt, out, err);
    }
    policy_db_unlock(db);
    return result;
}

int ledger_store_has_piece(struct policy_db *db, const char *hash, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt =
        sql_prepare(sql, "SELECT 1 FROM ledger_part WHERE hash = ?1 LIMIT 1", err);
    int result = -1;

    if (stmt != NULL) {
        sqlite3_bind_text(stmt, 1, hash, -1, SQLITE_STATIC);
        result = sql_step(sql, stmt, err);
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return result;
}

void ledger_store_pieces(struct policy_db *db, struct span subject, uint64_t below,
                         char (**hashes_r)[65], size_t *count_r)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt = sql_prepare(
        sql, "SELECT hash FROM ledger_part WHERE subject = ?1 AND number < ?2", NULL);

    *hashes_r = NULL;
    *count_r = 0;
    if (stmt != NULL) {
        sql_bind_span(stmt, 1, subject);
        sql_bind(stmt, 2, (int64_t)below);
        while (sql_step(sql, stmt, NULL) == 1) {
            *hashes_r = xreallocarray(*hashes_r, *count_r + 1, sizeof **hashes_r);
            copy_text((*hashes_r)[(*count_r)++], sizeof **hashes_r, sql_span(stmt, 0));
        }
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
}
