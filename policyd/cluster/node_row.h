/* A node as a row of the control protocol, the same in `node list`, `cluster status` and `status`. Pure. */
#ifndef CLUSTER_NODE_ROW_H
#define CLUSTER_NODE_ROW_H
#include "policyd/cluster/membership.h"

/* {"node","id","number","state","since","age_s","version","revision","rules","why","load","requests_per_second","trouble",...}: rules is ACK, NACK or the
 * state of its ledger. The caller owns it. */
json_t *node_row(const struct node_seen *seen);
/* All in order: alive, rules in force, nothing drained or troubled. */
bool node_row_is_well(const json_t *row);
#endif
