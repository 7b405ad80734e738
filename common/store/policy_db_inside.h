/* policyd.db as the files of this directory see it. */
#ifndef STORE_POLICY_DB_INSIDE_H
#define STORE_POLICY_DB_INSIDE_H
#include <pthread.h>

#include "store/policy_db.h"
#include "store/sql.h"

/* In the order of asking: a thread that works in many short turns lets others in between, which a plain mutex does not. */
struct policy_db {
    pthread_mutex_t mutex; /* of what follows, never held for long */
    pthread_cond_t turn;
    uint64_t drawn, called; /* numbers, as at a counter */
    struct sql sql;         /* whose number is called */
};

/* Every call of revisions, list_items and domains stands between these two. */
struct sql *policy_db_lock(struct policy_db *db);
void policy_db_unlock(struct policy_db *db);
#endif
