/* Keeps counters and greylist of this node in policyd.db: a thread that writes what changed each COUNTERS_KEEP_MS, so that kill -9 loses no more than
 * that. Without a database nothing is kept. */
#ifndef CLUSTER_COUNTERS_KEEPER_H
#define CLUSTER_COUNTERS_KEEPER_H
#include "store/policy_db.h"

#define COUNTERS_KEEP_MS 2000

int counters_keeper_begin(struct policy_db *db, struct err *err); /* reads what was kept */
void counters_keeper_end(void);                                   /* writes once more */
#endif
