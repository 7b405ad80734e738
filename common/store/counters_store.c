/* counters_store.c - drawers of counters and greylist as rows. */
#include "store/counters_store.h"
#include "store/policy_db_inside.h"

static int save_row(struct sql *sql, const struct drawer_row *row, struct err *err)
{
    const char *text = row->bytes.len > 0 ? "INSERT OR REPLACE INTO shelf VALUES (?1, ?2, ?3)"
                                          : "DELETE FROM shelf WHERE name = ?1 AND drawer = ?2";
    sqlite3_stmt *stmt = sql_prepare(sql, text, err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind_span(stmt, 1, row->name);
    sql_bind(stmt, 2, (int64_t)row->drawer);
    if (row->bytes.len > 0)
        sql_bind_span(stmt, 3, row->bytes);
    result = sql_step(sql, stmt, err);
    sqlite3_finalize(stmt);
    return result;
}

int counters_store_save(struct policy_db *db, const struct drawer_row *rows, size_t count,
                        struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    int result = sql_begin(sql, err);

    if (result == 0) {
        for (size_t i = 0; i < count && result == 0; i++)
            result = save_row(sql, &rows[i], err);
        result = sql_end(sql, result, err);
    }
    policy_db_unlock(db);
    return result;
}

int counters_store_load(struct policy_db *db,
                        void (*take)(void *ctx, const struct drawer_row *row), void *ctx,
                        struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt = sql_prepare(sql, "SELECT name, drawer, bytes FROM shelf", err);
    int result = stmt == NULL ? -1 : 1;

    while (result == 1) {
        result = sql_step(sql, stmt, err);
        if (result == 1 && sqlite3_column_int64(stmt, 1) >= 0)
            take(ctx,
                 &(struct drawer_row){sql_span(stmt, 0), (size_t)sqlite3_column_int64(stmt, 1),
                                      sql_span(stmt, 2)});
    }
    sqlite3_finalize(stmt);
    policy_db_unlock(db);
    return result;
}

int counters_store_drop(struct policy_db *db, struct span name, struct err *err)
{
    struct sql *sql = policy_db_lock(db);
    sqlite3_stmt *stmt = sql_prepare(sql, "DELETE FROM shelf WHERE name = ?1", err);
    int result = -1;

    if (stmt != NULL) {
        sql_bind_span(stmt, 1, name);
        result = sql_step(sql, stmt, err);
        sqlite3_finalize(stmt);
    }
    policy_db_unlock(db);
    return result;
}
