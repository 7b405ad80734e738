/* The one door to SQLite, for the files of this directory only: a database with its name for error texts, statements, transactions.
 * Not thread-safe: each user has its own mutex around it. */
#ifndef STORE_SQL_H
#define STORE_SQL_H
#include <sqlite3.h>

#include "base/arena.h"
#include "base/err.h"

/* SQL_EXCLUSIVE: no other process while it is open (and no -shm file, whose pages a full disk could take away).
 * SQL_DURABLE: a commit is on the disk when it returns; else it survives the process but perhaps not the machine.
 * SQL_QUERY: never writes and never makes the file. */
enum sql_flags { SQL_EXCLUSIVE = 1, SQL_DURABLE = 2, SQL_QUERY = 4 };

struct sql_options {
    const char *path;
    const char *remedy; /* what to do when the file is damaged: "move it away and ..." */
    unsigned flags;
    int busy_ms;
    const char *
        schema; /* run when the file is new; makes what version 1 had, or `version` without upgrades */
    int version; /* PRAGMA user_version; a later one is an error */
    /* upgrades[0] makes version 2 of version 1, and so on up to version; NULL: an older one is an error too */
    const char *const *upgrades;
};
struct sql {
    sqlite3 *db;
    char *path;
    const char *remedy;
    bool is_damaged; /* a call failed because the file is no good database */
};

/* Opens; a new file gets the schema. Does not check integrity (sql_check does). */
int sql_open(struct sql *sql, const struct sql_options *options, struct err *err);
void sql_close(struct sql *sql);
int sql_check(struct sql *sql, struct err *err); /* PRAGMA quick_check */

/* Sets err from the last failure: what cannot be done, why, the remedy. Returns -1. */
int sql_fail(struct sql *sql, const char *what, struct err *err);
int sql_run(struct sql *sql, const char *text, struct err *err); /* statements without result */
int sql_begin(struct sql *sql, struct err *err);
/* Commits when result >= 0, else rolls back. Returns result, or -1 when the commit failed. */
int sql_end(struct sql *sql, int result, struct err *err);

/* NULL with err. Finish with sqlite3_finalize. */
sqlite3_stmt *sql_prepare(struct sql *sql, const char *text, struct err *err);
void sql_bind(sqlite3_stmt *stmt, int index, int64_t number); /* from 1 */
void sql_bind_span(sqlite3_stmt *stmt, int index,
                   struct span bytes); /* as blob; must live until the step */
int sql_step(struct sql *sql, sqlite3_stmt *stmt, struct err *err); /* 1 a row, 0 done, -1 */
/* Prepares, binds up to two numbers, runs to the end. */
int sql_do(struct sql *sql, const char *text, int64_t first, int64_t second, struct err *err);
/* Reads one number: 1, 0 no row (or NULL), -1. */
int sql_number(struct sql *sql, const char *text, int64_t first, int64_t *number_r,
               struct err *err);

struct span sql_span(sqlite3_stmt *stmt, int column); /* until the next step; NULL: empty */
struct span sql_keep(sqlite3_stmt *stmt, int column, struct arena *arena);
#endif
