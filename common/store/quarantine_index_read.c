/* Reads the index of the quarantine: states, codes, lists; and sweeps out what has no file any more. */
#include "store/quarantine_index_inside.h"

#include "store/quarantine_text.h"

enum quarantine_state quarantine_index_state(struct quarantine_index *index, const char *id)
{
    struct err err;
    sqlite3_stmt *stmt;
    int state = 0;

    if (quarantine_index_lock(index, &err) &&
        (stmt = sql_prepare(&index->sql, "SELECT state FROM entry WHERE id = ?1", &err)) !=
            NULL) {
        sql_bind_span(stmt, 1, span_of(id));
        if (sql_step(&index->sql, stmt, &err) == 1)
            state = (int)sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
    }
    quarantine_index_unlock(index);
    return (enum quarantine_state)state;
}

static bool take_id(struct span id, char id_r[QUARANTINE_ID_SIZE])
{
    if (!quarantine_id_is_valid(id))
        return false;
    memcpy(id_r, id.ptr, id.len);
    id_r[id.len] = '\0';
    return true;
}

int quarantine_index_by_code(struct quarantine_index *index, struct span code,
                             char id_r[QUARANTINE_ID_SIZE])
{
    struct err err;
    sqlite3_stmt *stmt;
    int result = -1;

    if (quarantine_index_lock(index, &err) &&
        (stmt = sql_prepare(&index->sql,
                            "SELECT id FROM entry WHERE code = ?1 AND code <> x''"
                            " ORDER BY id DESC LIMIT 1",
                            &err)) != NULL) {
        sql_bind_span(stmt, 1, code);
        result = quarantine_index_note(index, sql_step(&index->sql, stmt, &err), &err);
        if (result == 1 && !take_id(sql_span(stmt, 0), id_r))
            result = 0;
        sqlite3_finalize(stmt);
    }
    quarantine_index_unlock(index);
    return result;
}

static bool read_row(sqlite3_stmt *stmt, struct arena *arena, struct quarantine_entry *entry_r)
{
    struct quarantine_text text;

    if (quarantine_text_parse(sql_span(stmt, 1), arena, entry_r, &text, NULL) < 0)
        return false;
    entry_r->state = (enum quarantine_state)sqlite3_column_int64(stmt, 0);
    return true;
}

static int list_rows(struct quarantine_index *index, const struct quarantine_filter *filter,
                     struct arena *arena, struct quarantine_entry *list, size_t *count_r)
{
    char since[QUARANTINE_ID_SIZE];
    struct err err;
    sqlite3_stmt *stmt = sql_prepare(
        &index->sql,
        filter->state != 0
            ? "SELECT state, head FROM entry WHERE state = ?1 AND id >= ?2 AND id < ?3 ORDER "
              "BY id DESC"
            : "SELECT state, head FROM entry WHERE id >= ?2 AND id < ?3 ORDER BY id DESC",
        &err);
    int result = stmt == NULL ? -1 : 1;

    quarantine_id_make(filter->since_ms, 0, since);
    if (stmt != NULL && filter->state != 0)
        sql_bind(stmt, 1, filter->state);
    if (stmt != NULL)
        sql_bind_span(stmt, 2, span_of(since));
    if (stmt != NULL)
        sql_bind_span(stmt, 3, filter->before.len > 0 ? filter->before : SPAN("~"));
    while (result == 1 && *count_r < filter->limit) {
        result = sql_step(&index->sql, stmt, &err);
        if (result == 1 && read_row(stmt, arena, &list[*count_r]))
            (*count_r)++;
    }
    sqlite3_finalize(stmt);
    return quarantine_index_note(index, result < 0 ? -1 : 0, &err);
}

int quarantine_index_list(struct quarantine_index *index,
                          const struct quarantine_filter *filter, struct arena *arena,
                          struct quarantine_entry *list, size_t *count_r)
{
    struct err err;
    int result = -1;

    *count_r = 0;
    if (quarantine_index_lock(index, &err))
        result = list_rows(index, filter, arena, list, count_r);
    quarantine_index_unlock(index);
    return result;
}

/* Ids that are to go, gathered first: a table is not changed under its own walk. */
static void gather(struct quarantine_index *index, struct str *gone,
                   const struct quarantine_files *files)
{
    struct err err;
    sqlite3_stmt *stmt = sql_prepare(&index->sql, "SELECT id, state FROM entry", &err);
    char id[QUARANTINE_ID_SIZE];

    while (stmt != NULL && sql_step(&index->sql, stmt, &err) == 1)
        if (take_id(sql_span(stmt, 0), id) &&
            !files->has(files->ctx, id, (enum quarantine_state)sqlite3_column_int64(stmt, 1)))
            str_add(gone, span_from(id, sizeof(id)));
    sqlite3_finalize(stmt);
}

void quarantine_index_sweep(struct quarantine_index *index,
                            const struct quarantine_files *files)
{
    struct str gone = STR_EMPTY;
    struct err err;

    if (quarantine_index_lock(index, &err))
        gather(index, &gone, files);
    for (size_t at = 0; at < gone.len; at += QUARANTINE_ID_SIZE)
        quarantine_index_remove(index, gone.ptr + at);
    quarantine_index_unlock(index);
    str_clear(&gone);
}
