/* Hours of statistics to and from Redis: stats:HOUR is a hash; field NODEID the sealed hour (statistics_seal.h), field v:NODEID its version, so that a node
 * sees what Redis has lost without reading it all. Each call blocks, up to redis_timeout for a command. Content is bounded in Redis already. */
#ifndef CLUSTER_STATISTICS_WIRE_H
#define CLUSTER_STATISTICS_WIRE_H
#include "base/err.h"
#include "base/str.h"
#include "policyd/cluster/identity.h"
#include "store/statistics_store.h"

#define WIRE_HOURS 100 /* in one question */
#define WIRE_NODES 4096

/* Writes one hour of this node. */
int wire_put_hour(const struct identity *identity, const struct statistics_row *row,
                  struct span text, struct err *err);
/* Which of these hours (at most WIRE_HOURS, of one node) does Redis not have in this version? is_lost_r: one for each. */
int wire_lost_hours(const struct statistics_row *rows, size_t count, bool *is_lost_r,
                    struct err *err);
typedef void wire_node(void *ctx, int64_t hour, const char *node);
/* Which nodes have counted in hours first ...: each is called with hour and node id. */
int wire_nodes(int64_t first, size_t count, wire_node *each, void *ctx, struct err *err);
/* The sealed hour; 1 (appended to out), 0 it is not there (any more), -1. */
int wire_get_hour(int64_t hour, const char *node, struct str *out, struct err *err);
#endif
