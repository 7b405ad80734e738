/* Statistics of this node: what happens is counted in memory, hour by hour, and every STATISTICS_WRITE_MS (and at the end) the absolute counts of each hour
 * that changed are written to policyd.db, so that kill -9 loses seconds at most; counting goes on from there after a restart. Counts of an hour
 * belong to the id that this node had in its cluster at that time ("" in none). In a cluster they are sent to Redis, too (statistics_push.h).
 * Messages come as notices of the milter, policy requests from policyd itself. Mail released from quarantine is not counted again. */
#ifndef CLUSTER_STATISTICS_H
#define CLUSTER_STATISTICS_H
#include "policyd/cluster/statistics_counts.h"
#include "store/policy_db.h"

#define STATISTICS_WRITE_MS 3000
#define STATISTICS_DAYS     400 /* kept, here and in Redis */
/* An hour older than this keeps its STATISTICS_THIN heaviest names of a dimension only: about 5,000 bytes instead of up to 40,000. */
#define STATISTICS_THIN_DAYS 31
#define STATISTICS_THIN      20
#define STATISTICS_HOUR_MS   3600000LL

/* db may be NULL: the last hours are kept in memory alone. Both borrowed until statistics_end. Takes notices (policyd/notices.h), so before
 * notices_begin. 0, -1: no thread. */
int statistics_begin(struct policy_db *db, struct err *err);
void statistics_end(void); /* writes what is left */

/* Counts; any thread, never waits for the disk. time_ms: when it happened; more than a week ago or in the future counts as now. */
void statistics_event(const struct event *event, int64_t time_ms);
/* Takes in and writes what was counted. For handlers and threads that may wait for the disk. */
void statistics_write(void);
/* What this node counted in hours from .. until (numbers since 1970), oldest first: text as counts_write makes it. each returns false to end.
 * 0, -1: the database fails. */
int statistics_each(int64_t from, int64_t until, hours_row *each, void *ctx, struct err *err);
#endif
