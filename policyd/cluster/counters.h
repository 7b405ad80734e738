/* Counters of `[policy]`: count, sum, distinct; charged by the milter's word, read at RCPT as charged plus this one.
 *
 * Without a cluster this node counts by itself (counters_local.h). A member reads and charges the cluster's counters in Redis (counters_shared.h) and
 * counts its own beside them, for when Redis does not answer in redis_counter_timeout: then it says `degraded` once and goes by the larger of what it
 * counted itself and what it read last.
 *
 * What a reading means: all that was delivered within the window is in it, once the milter has said so (at the end of each message), and nothing
 * older than 61/60 of the window (window.h). Messages under way at the same time do not see each other; recipients of one message do.
 * Keys are keyed hashes: no address lies in Redis or in the database. At most COUNTERS_DRAWERS * COUNTERS_ROOM keys a counter; then those that
 * count least are forgotten first. distinct stays at 1000 of one key. */
#ifndef CLUSTER_COUNTERS_H
#define CLUSTER_COUNTERS_H
#include <jansson.h>
#include "checks/ports.h"
#include "conf/settings.h"
#include "store/policy_db.h"

#define COUNTERS_DRAWERS 1024
#define COUNTERS_ROOM    128

extern const struct counters_port counters_port;

/* Key of the hashes: of node.key; db (may be NULL: nothing is kept over a restart) is borrowed until counters_end. Reads what was kept, starts the threads
 * that keep it (counters and greylist) and that send charges, registers the checks and for notices; before notices_begin and the first question. */
int counters_begin(const struct settings *settings, struct policy_db *db, struct err *err);
void counters_end(void); /* keeps once more */
/* A notice of the milter (control/notice.h): takes "charges" in. Any thread, never waits. */
void counters_take(const json_t *notice);
#endif
