/* policyd.db: what administrators made (revisions, list items, domains). SQLite in WAL mode, opened by policyd alone: the file is locked
 * while it is open. One handle for all threads behind one mutex; each call below and in revisions.h, list_items.h, domains.h takes it,
 * is one transaction, durable when it returns, and never waits for anything but the disk and the other callers.
 * Errors name the file and the remedy. A full disk is an error of that call; the database stays good. */
#ifndef STORE_POLICY_DB_H
#define STORE_POLICY_DB_H
#include "base/err.h"

#define POLICY_DB_SCHEMA  2
#define POLICY_DB_BUSY_MS 5000 /* how long open waits for another policyd to end */

struct policy_db;

/* Opens path (made with mode 0600 when it is not there) and checks its integrity. NULL with a text for: damaged (move it away and
 * restore a backup, or start anew from rules_file), held by another process, made by a later version, cannot be written. One of an earlier version is
 * upgraded, all or nothing. */
struct policy_db *policy_db_open(const char *path, struct err *err);
void policy_db_close(struct policy_db **db);
#endif
