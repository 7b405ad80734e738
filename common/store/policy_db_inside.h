/* policyd.db as the files of this directory see it. */
#ifndef STORE_POLICY_DB_INSIDE_H
#define STORE_POLICY_DB_INSIDE_H
#include <pthread.h>

#include "store/policy_db.h"
#include "store/sql.h"

struct policy_db {
    pthread_mutex_t mutex;
    struct sql sql;
};

/* Every call of revisions, list_items and domains stands between these two. */
struct sql *policy_db_lock(struct policy_db *db);
void policy_db_unlock(struct policy_db *db);
#endif
