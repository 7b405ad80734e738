/* Opens SQLite databases, runs statements, and turns SQLite's failures into texts that name the file and the remedy. */
#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"

#define JOURNAL_LIMIT "67108864"

struct failure {
    int code;
    const char *text; /* %s: the remedy, where there is one */
    bool has_remedy;
};
static const struct failure failures[] = {
    {SQLITE_CORRUPT, "the file is damaged; ", true},
    {SQLITE_NOTADB, "the file is no database; ", true},
    {SQLITE_FULL, "the disk is full; make room on its file system", false},
    {SQLITE_BUSY, "another process has it open; only one daemon of a kind may run", false},
    {SQLITE_READONLY, "it cannot be written; its owner must be the daemon's user", false},
    {SQLITE_CANTOPEN, "it cannot be opened; its directory must belong to the daemon's user",
     false},
    {SQLITE_PERM, "it cannot be opened; its owner must be the daemon's user", false},
    {SQLITE_IOERR, "reading or writing failed; look at the disk and its free space", false},
    {0, NULL, false},
};

int sql_fail(struct sql *sql, const char *what, struct err *err)
{
    int code = sql->db != NULL ? sqlite3_errcode(sql->db) & 0xff : SQLITE_CANTOPEN;

    sql->is_damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    for (const struct failure *f = failures; f->text != NULL; f++)
        if (f->code == code)
            return err_set(err, "%s: %s: %s%s", sql->path, what, f->text,
                           f->has_remedy ? sql->remedy : "");
    return err_set(err, "%s: %s: %s", sql->path, what,
                   sql->db != NULL ? sqlite3_errmsg(sql->db) : "no memory");
}

int sql_run(struct sql *sql, const char *text, struct err *err)
{
    return sqlite3_exec(sql->db, text, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : sql_fail(sql, "cannot be changed", err);
}

int sql_begin(struct sql *sql, struct err *err)
{
    return sql_run(sql, "BEGIN IMMEDIATE", err);
}

int sql_end(struct sql *sql, int result, struct err *err)
{
    if (result >= 0 && sql_run(sql, "COMMIT", err) == 0)
        return result;
    /* After a full disk SQLite may have rolled back by itself; then this fails, and that is fine. */
    sqlite3_exec(sql->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

sqlite3_stmt *sql_prepare(struct sql *sql, const char *text, struct err *err)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(sql->db, text, -1, &stmt, NULL) == SQLITE_OK)
        return stmt;
    sql_fail(sql, "cannot be read", err);
    return NULL;
}

void sql_bind(sqlite3_stmt *stmt, int index, int64_t number)
{
    sqlite3_bind_int64(stmt, index, number);
}

void sql_bind_span(sqlite3_stmt *stmt, int index, struct span bytes)
{
    sqlite3_bind_blob64(stmt, index, bytes.ptr != NULL ? bytes.ptr : "", bytes.len,
                        SQLITE_STATIC);
}

int sql_step(struct sql *sql, sqlite3_stmt *stmt, struct err *err)
{
    int code = sqlite3_step(stmt);

    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : sql_fail(sql, "cannot be read or changed", err);
}

int sql_do(struct sql *sql, const char *text, int64_t first, int64_t second, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, text, err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind(stmt, 1, first);
    sql_bind(stmt, 2, second);
    while ((result = sql_step(sql, stmt, err)) > 0)
        ;
    sqlite3_finalize(stmt);
    return result;
}

int sql_number(struct sql *sql, const char *text, int64_t first, int64_t *number_r,
               struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, text, err);
    int result;

    if (stmt == NULL)
        return -1;
    sql_bind(stmt, 1, first);
    result = sql_step(sql, stmt, err);
    if (result == 1 && sqlite3_column_type(stmt, 0) == SQLITE_NULL)
        result = 0;
    if (result == 1)
        *number_r = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return result;
}

struct span sql_span(sqlite3_stmt *stmt, int column)
{
    const void *bytes = sqlite3_column_blob(stmt, column);

    return bytes == NULL ? (struct span){NULL, 0}
                         : span_from(bytes, (size_t)sqlite3_column_bytes(stmt, column));
}

struct span sql_keep(sqlite3_stmt *stmt, int column, struct arena *arena)
{
    return arena_span(arena, sql_span(stmt, column));
}

/* SQLite makes files with 0644; ours are for the owner alone. Its -wal and -shm take the mode over. */
static int make_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return err_set(err, "%s: cannot be opened: %m; its directory must be the daemon's",
                       path);
    close(fd);
    return 0;
}

static int set_up(struct sql *sql, const struct sql_options *o, struct err *err)
{
    if ((o->flags & SQL_EXCLUSIVE) != 0 &&
        sql_run(sql, "PRAGMA locking_mode=EXCLUSIVE", err) < 0)
        return -1;
    if ((o->flags & SQL_QUERY) != 0)
        return sql_run(sql, "PRAGMA query_only=1", err);
    if (sql_run(sql, "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=" JOURNAL_LIMIT, err) <
        0)
        return -1;
    return sql_run(sql,
                   (o->flags & SQL_DURABLE) != 0 ? "PRAGMA synchronous=FULL"
                                                 : "PRAGMA synchronous=NORMAL",
                   err);
}

static int set_version(struct sql *sql, int version, struct err *err)
{
    char text[64];

    snprintf(text, sizeof text, "PRAGMA user_version=%d", version);
    return sql_run(sql, text, err);
}

/* All or nothing: a file that was interrupted here is what it was before. */
static int upgrade(struct sql *sql, const struct sql_options *o, int from, struct err *err)
{
    int result = sql_begin(sql, err);

    if (result < 0)
        return -1;
    if (from == 0) {
        result = sql_run(sql, o->schema, err);
        from = o->upgrades != NULL ? 1 : o->version;
    }
    for (; result == 0 && from < o->version; from++)
        result = sql_run(sql, o->upgrades[from - 1], err);
    if (result == 0)
        result = set_version(sql, o->version, err);
    return sql_end(sql, result, err);
}

static int settle_version(struct sql *sql, const struct sql_options *o, struct err *err)
{
    bool is_query = (o->flags & SQL_QUERY) != 0;
    int64_t version = 0;
    int64_t tables = 0;

    if (sql_number(sql, "PRAGMA user_version", 0, &version, err) < 0 ||
        sql_number(sql, "SELECT count(*) FROM sqlite_master", 0, &tables, err) < 0)
        return -1;
    if (version == o->version)
        return 0;
    if (!is_query && ((version == 0 && tables == 0) ||
                      (o->upgrades != NULL && version > 0 && version < o->version)))
        return upgrade(sql, o, (int)version, err);
    return err_set(err,
                   "%s: has format %lld, this version reads %d; run the version that wrote it, "
                   "or %s",
                   sql->path, (long long)version, o->version, sql->remedy);
}

int sql_open(struct sql *sql, const struct sql_options *o, struct err *err)
{
    bool is_query = (o->flags & SQL_QUERY) != 0;

    *sql = (struct sql){.path = xstrdup(o->path), .remedy = o->remedy};
    if (!is_query && make_file(o->path, err) < 0) {
        sql_close(sql);
        return -1;
    }
    /* A reader opens for writing too: only so can it replay a log that a crash left. query_only keeps it a reader. */
    if (sqlite3_open_v2(o->path, &sql->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        sql_fail(sql, "cannot be opened", err);
    else {
        sqlite3_busy_timeout(sql->db, o->busy_ms);
        if (set_up(sql, o, err) == 0 && settle_version(sql, o, err) == 0)
            return 0;
    }
    return -1;
}

void sql_close(struct sql *sql)
{
    if (sql->db != NULL)
        sqlite3_close_v2(sql->db);
    sql->db = NULL;
    xfree(&sql->path);
}

int sql_check(struct sql *sql, struct err *err)
{
    sqlite3_stmt *stmt = sql_prepare(sql, "PRAGMA quick_check(1)", err);
    int result;

    if (stmt == NULL)
        return -1;
    result = sql_step(sql, stmt, err);
    if (result == 1 && !span_is(sql_span(stmt, 0), "ok")) {
        struct span found = sql_span(stmt, 0);

        sql->is_damaged = true;
        result = err_set(err, "%s: the file is damaged (%.*s); %s", sql->path, SPAN_ARG(found),
                         sql->remedy);
    }
    sqlite3_finalize(stmt);
    return result < 0 ? -1 : 0;
}
