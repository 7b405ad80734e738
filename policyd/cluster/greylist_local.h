/* The greylist of this node, in memory (greylist.h says what is kept). Thread-safe, never waits for anything but its lock. */
#ifndef CLUSTER_GREYLIST_LOCAL_H
#define CLUSTER_GREYLIST_LOCAL_H
#include "policyd/cluster/greylist.h"
#include "store/counters_store.h"

/* Seconds since the first try, 0: this is it (noted unless is_trial), -1: there is no room to note it. */
int64_t greylist_local_look(const struct greylist_key *key, int64_t now_ms, bool is_trial);
void greylist_local_passed(const struct greylist_key *key, int64_t now_ms);

/* For keeping, as counters_local.h. */
bool greylist_local_changed(struct str *name, size_t *drawer_r, struct str *bytes);
void greylist_local_restore(const struct drawer_row *row);
void greylist_local_unkept(struct span name, size_t drawer);
void greylist_local_clear(void);
#endif
