/* The index of the quarantine: id, state, code and the header text of each file, in milter.db. */
#include "store/quarantine_index_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "store/quarantine_text.h"

#define VERSION 1

static const char schema[] =
    "CREATE TABLE entry (id BLOB PRIMARY KEY, state INTEGER NOT NULL, code BLOB NOT NULL,"
    " head BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX entry_state ON entry (state, id);"
    "CREATE INDEX entry_code ON entry (code, id) WHERE code <> x'';";

int quarantine_index_note(struct quarantine_index *index, int result, const struct err *err)
{
    if (result < 0)
        index->is_failing = true;
    log_state("quarantine index", index->is_failing, LOG_LEVEL_WARN,
              "%s; the files are good, `milter-ctl quarantine reindex` makes it anew",
              err != NULL ? err->text : "it cannot be used");
    return result;
}

static int open_file(struct quarantine_index *index, struct err *err)
{
    struct sql_options options = {
        .path = index->path,
        .remedy = "it is only a cache: milter-ctl quarantine reindex makes it anew",
        .flags = SQL_EXCLUSIVE,
        .busy_ms = 2000,
        .schema = schema,
        .version = VERSION,
    };

    if (sql_open(&index->sql, &options, err) == 0 && sql_check(&index->sql, err) == 0)
        return 0;
    return -1;
}

/* Whatever is wrong with a cache, a new one is better. */
static int begin_anew(struct quarantine_index *index, struct err *err)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    sql_close(&index->sql);
    for (size_t i = 0; i < 3; i++) {
        struct str from = STR_EMPTY, to = STR_EMPTY;

        str_printf(&from, "%s%s", index->path, suffixes[i]);
        str_printf(&to, "%s.damaged%s", index->path, suffixes[i]);
        rename(str_cstr(&from), str_cstr(&to));
        str_clear(&from);
        str_clear(&to);
    }
    err_reset(err);
    return open_file(index, err);
}

struct quarantine_index *quarantine_index_open(const char *path)
{
    struct quarantine_index *index = xcalloc(1, sizeof(*index));
    pthread_mutexattr_t attr;
    struct err err;

    err_reset(&err);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&index->mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    index->path = xstrdup(path);
    if (open_file(index, &err) < 0) {
        log_warn("quarantine index: %s; a new one is begun", err.text);
        quarantine_index_note(index, begin_anew(index, &err), &err);
    }
    return index;
}

void quarantine_index_close(struct quarantine_index **index)
{
    if (*index == NULL)
        return;
    sql_close(&(*index)->sql);
    pthread_mutex_destroy(&(*index)->mutex);
    xfree(&(*index)->path);
    xfree(index);
}

bool quarantine_index_lock(struct quarantine_index *index, struct err *err)
{
    pthread_mutex_lock(&index->mutex);
    err_reset(err);
    return !index->is_failing;
}

void quarantine_index_unlock(struct quarantine_index *index)
{
    pthread_mutex_unlock(&index->mutex);
}

bool quarantine_index_is_failing(struct quarantine_index *index)
{
    struct err err;
    bool is_failing = !quarantine_index_lock(index, &err);

    quarantine_index_unlock(index);
    return is_failing;
}

void quarantine_index_begin(struct quarantine_index *index)
{
    struct err err;

    if (quarantine_index_lock(index, &err))
        quarantine_index_note(index, sql_begin(&index->sql, &err), &err);
}

int quarantine_index_end(struct quarantine_index *index, struct err *err)
{
    int result = index->is_failing ? err_set(err,
                                             "%s: the index could not be written; the log "
                                             "says why",
                                             index->path)
                                   : 0;

    if (index->sql.db != NULL && sqlite3_get_autocommit(index->sql.db) == 0)
        result = quarantine_index_note(index, sql_end(&index->sql, result, err), err);
    quarantine_index_unlock(index);
    return result;
}

int quarantine_index_clear(struct quarantine_index *index, struct err *err)
{
    struct err detail;
    bool is_good = quarantine_index_lock(index, &detail);
    int result = is_good ? sql_run(&index->sql, "DELETE FROM entry", &detail) : -1;

    if (result < 0)
        result = begin_anew(index, &detail);
    index->is_failing = false;
    quarantine_index_note(index, result, &detail);
    quarantine_index_unlock(index);
    return result < 0 ? err_set(err, "%s", detail.text) : 0;
}

/* Runs a statement with up to three values: id, state, and two texts. */
static void change(struct quarantine_index *index, const char *text, const char *id,
                   enum quarantine_state state, const struct span texts[2])
{
    struct err err;
    sqlite3_stmt *stmt;
    int result = -1;

    if (quarantine_index_lock(index, &err) &&
        (stmt = sql_prepare(&index->sql, text, &err)) != NULL) {
        sql_bind_span(stmt, 1, span_of(id));
        if (state != 0)
            sql_bind(stmt, 2, state);
        for (int i = 0; texts != NULL && i < 2; i++)
            sql_bind_span(stmt, 3 + i, texts[i]);
        result = sql_step(&index->sql, stmt, &err);
        sqlite3_finalize(stmt);
    }
    if (!index->is_failing)
        quarantine_index_note(index, result, &err);
    quarantine_index_unlock(index);
}

void quarantine_index_put(struct quarantine_index *index, const struct quarantine_entry *entry)
{
    struct str head = STR_EMPTY;

    if (quarantine_text_print(&head, entry, NULL) == 0) {
        const struct span texts[2] = {entry->code, str_span(&head)};

        change(index, "INSERT OR REPLACE INTO entry VALUES (?1, ?2, ?3, ?4)", entry->id,
               entry->state, texts);
    }
    str_clear(&head);
}

void quarantine_index_move(struct quarantine_index *index, const char *id,
                           enum quarantine_state state)
{
    change(index, "UPDATE entry SET state = ?2 WHERE id = ?1", id, state, NULL);
}

void quarantine_index_remove(struct quarantine_index *index, const char *id)
{
    change(index, "DELETE FROM entry WHERE id = ?1", id, 0, NULL);
}
