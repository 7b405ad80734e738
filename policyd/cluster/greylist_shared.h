/* The cluster's greylist, in Redis: one script, Redis' own clock. Never waits. */
#ifndef CLUSTER_GREYLIST_SHARED_H
#define CLUSTER_GREYLIST_SHARED_H
#include "policyd/cluster/greylist.h"

/* False: this node is no member, the greylist is its own. True: done is called, now or later, from any thread; age -1 when Redis does not answer in time. */
bool greylist_shared_look(struct greylist_look *look);
bool greylist_shared_passed(const struct greylist_triplet *triplet);
#endif
