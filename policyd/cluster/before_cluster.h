/* What a node had of its own before it joined a cluster: saved as text, for it is replaced. */
#ifndef CLUSTER_BEFORE_CLUSTER_H
#define CLUSTER_BEFORE_CLUSTER_H
#include "base/err.h"
#include "store/policy_db.h"

/* Writes state_dir/before-cluster-TIME/: rules.N (the last 100 revisions), lists/NAME (items, one a line, as `list import` reads them), domains
 * (DOMAIN and its next hops, comma-separated, a line each). */
int before_cluster_save(const char *state_dir, struct policy_db *db, struct err *err);
#endif
