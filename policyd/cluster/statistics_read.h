/* The hours that a report is made of: of all nodes from Redis when this node is in a cluster, of this node from policyd.db else. */
#ifndef CLUSTER_STATISTICS_READ_H
#define CLUSTER_STATISTICS_READ_H
#include "control/protocol.h"
#include "policyd/cluster/statistics_counts.h"

struct statistics_range {
    int64_t from, until;  /* hours since 1970, both in it */
    struct span node;     /* id or name; empty: all */
    const char *own_name; /* node_name */
    unsigned dimensions;  /* as counts_read takes them */
};
typedef void statistics_hour(void *ctx, int64_t hour, const char *node_name,
                             const struct counts *counts);
/* EXIT_OK; EXIT_PARTIAL: message says which nodes' counts may be missing and since when, or that Redis is away and only this node's are there;
 * EXIT_INVALID: no such node, or the database fails. Blocks; hours come in no order that could be relied upon. */
enum control_exit statistics_read(const struct statistics_range *range, statistics_hour *each,
                                  void *ctx, struct err *message);
#endif
