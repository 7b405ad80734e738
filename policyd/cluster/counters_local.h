/* What this node has counted itself, in memory; bounded as counters.h says. Thread-safe, never waits for anything but its lock. Names are
 * canonical counters; at most COUNTERS_LOCAL_MAX of them, those that were asked longest ago go first. */
#ifndef CLUSTER_COUNTERS_LOCAL_H
#define CLUSTER_COUNTERS_LOCAL_H
#include "policyd/cluster/counters_key.h"
#include "store/counters_store.h"

#define COUNTERS_LOCAL_MAX 500

/* Charged within the window; distinct: with `count` members (their hashes, one behind the other) added. */
int64_t counters_local_read(const struct counter_ask *ask, const struct counters_key *key,
                            int64_t now_ms, const uint8_t *members, size_t count);
/* at_ms: when it was delivered. */
void counters_local_charge(const struct counter_ask *ask, const struct counters_key *key,
                           int64_t now_ms, int64_t at_ms);

/* For keeping: a drawer that changed; name and bytes are appended. False: none. */
bool counters_local_changed(struct str *name, size_t *drawer_r, struct str *bytes);
void counters_local_restore(const struct drawer_row *row);
/* It could not be kept: it counts as changed again. */
void counters_local_unkept(struct span name, size_t drawer);
/* A counter that nothing was read from or charged to for longer than its window is forgotten: its name is appended. False: none. */
bool counters_local_forget(int64_t now_ms, struct str *name);
void counters_local_clear(void);
#endif
