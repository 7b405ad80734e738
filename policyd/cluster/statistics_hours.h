/* The absolute counts of the last hours in memory, and all of them in policyd.db. hours_add and hours_write stand between hours_lock and hours_unlock;
 * the others lock by themselves. */
#ifndef CLUSTER_STATISTICS_HOURS_H
#define CLUSTER_STATISTICS_HOURS_H
#include "policyd/cluster/statistics_counts.h"
#include "store/policy_db.h"

void hours_begin(struct policy_db *db); /* NULL: memory alone */
void hours_end(void);
void hours_lock(void);
void hours_unlock(void);
/* Adds to that hour of this node as it is in the cluster now. */
void hours_add(int64_t hour, const struct counts *counts);
/* Writes what changed. What cannot be written is tried again the next time. */
void hours_write(void);
int hours_each(int64_t from, int64_t until, hours_row *each, void *ctx, struct err *err);
/* Removes hours before `oldest`, makes those before `thin` thin; a bounded number of them at once. */
void hours_keep_house(int64_t oldest, int64_t thin);
#endif
