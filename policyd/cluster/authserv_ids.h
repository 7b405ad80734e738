/* The names by which this cluster's nodes write Authentication-Results, for the milter: from the members' heartbeats into state_dir
 * (store/authserv_ids.h). Of a member that has not been heard since policyd started what was known stays; of one that does not say (a release
 * that writes no results, or none was ever heard) it is its name, which is what the setting is by default. */
#ifndef CLUSTER_AUTHSERV_IDS_H
#define CLUSTER_AUTHSERV_IDS_H
#include "policyd/cluster/node_table.h"
#include "store/authserv_ids.h"

/* What is to be written now, in the order of the table; clear it. Pure. */
void cluster_authserv_ids_of(const struct node_table *table, const struct authserv_ids *before,
                             struct authserv_ids *ids_r);
/* After each reading of the table (NULL: this node is no member): writes the file when it would say something else. One thread. */
void cluster_authserv_ids_follow(const char *state_dir, const struct node_table *table);
void cluster_authserv_ids_end(void);
#endif
