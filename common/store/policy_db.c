/* Opens policyd.db and keeps its one handle and mutex. */
#include "store/policy_db_inside.h"

#include "base/xalloc.h"

/* Version 1. */
static const char schema[] =
    "CREATE TABLE revision (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, author BLOB NOT "
    "NULL,"
    "  note BLOB NOT NULL, sha256 TEXT NOT NULL, parent TEXT NOT NULL, text BLOB NOT NULL);"
    "CREATE TABLE list (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, type INTEGER NOT "
    "NULL,"
    "  generation INTEGER NOT NULL, image INTEGER NOT NULL, log_from INTEGER NOT NULL,"
    "  count INTEGER NOT NULL);"
    "CREATE TABLE list_item (list INTEGER NOT NULL, item BLOB NOT NULL,"
    "  PRIMARY KEY (list, item)) WITHOUT ROWID;"
    "CREATE TABLE list_log (list INTEGER NOT NULL, number INTEGER NOT NULL,"
    "  is_removed INTEGER NOT NULL, item BLOB NOT NULL, time INTEGER NOT NULL,"
    "  PRIMARY KEY (list, number)) WITHOUT ROWID;"
    "CREATE TABLE domain (name BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE hop (domain BLOB NOT NULL, place INTEGER NOT NULL, host BLOB NOT NULL,"
    "  port INTEGER NOT NULL, is_address INTEGER NOT NULL, PRIMARY KEY (domain, place))"
    "  WITHOUT ROWID;"
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO counter VALUES ('domains', 0);";

/* Version 2: what a cluster adds. */
static const char cluster_tables[] =
    "CREATE TABLE ledger_head (subject BLOB PRIMARY KEY, number INTEGER NOT NULL,"
    "  base INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE ledger_entry (subject BLOB NOT NULL, number INTEGER NOT NULL,"
    "  envelope BLOB NOT NULL, PRIMARY KEY (subject, number));"
    "CREATE TABLE ledger_part (subject BLOB NOT NULL, hash TEXT NOT NULL,"
    "  number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (subject, hash));"
    "CREATE INDEX ledger_part_hash ON ledger_part (hash);"
    "CREATE TABLE statistics (hour INTEGER NOT NULL, node TEXT NOT NULL,"
    "  version INTEGER NOT NULL, is_sent INTEGER NOT NULL, counts BLOB NOT NULL,"
    "  PRIMARY KEY (hour, node));"
    "CREATE INDEX statistics_unsent ON statistics (node, hour) WHERE is_sent = 0;"
    "CREATE TABLE shelf (name BLOB NOT NULL, drawer INTEGER NOT NULL, bytes BLOB NOT NULL,"
    "  PRIMARY KEY (name, drawer)) WITHOUT ROWID;";

static const char *const upgrades[] = {cluster_tables, NULL};

struct policy_db *policy_db_open(const char *path, struct err *err)
{
    struct sql_options options = {
        .path = path,
        .remedy = "move it away and restore it from a backup, or start without it: the file "
                  "named by rules_file becomes revision 1 again",
        .flags = SQL_EXCLUSIVE | SQL_DURABLE,
        .busy_ms = POLICY_DB_BUSY_MS,
        .schema = schema,
        .version = POLICY_DB_SCHEMA,
        .upgrades = upgrades,
    };
    struct policy_db *db = xcalloc(1, sizeof(*db));

    pthread_mutex_init(&db->mutex, NULL);
    pthread_cond_init(&db->turn, NULL);
    if (sql_open(&db->sql, &options, err) == 0 && sql_check(&db->sql, err) == 0)
        return db;
    policy_db_close(&db);
    return NULL;
}

void policy_db_close(struct policy_db **db)
{
    if (*db == NULL)
        return;
    sql_close(&(*db)->sql);
    pthread_cond_destroy(&(*db)->turn);
    pthread_mutex_destroy(&(*db)->mutex);
    xfree(db);
}

struct sql *policy_db_lock(struct policy_db *db)
{
    uint64_t mine;

    pthread_mutex_lock(&db->mutex);
    mine = db->drawn++;
    while (db->called != mine)
        pthread_cond_wait(&db->turn, &db->mutex);
    pthread_mutex_unlock(&db->mutex);
    return &db->sql;
}

void policy_db_unlock(struct policy_db *db)
{
    pthread_mutex_lock(&db->mutex);
    db->called++;
    pthread_cond_broadcast(&db->turn);
    pthread_mutex_unlock(&db->mutex);
}
