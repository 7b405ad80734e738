/* The three questions membership asks of Redis. Each waits, at most redis_timeout; not on the loop. */
#ifndef CLUSTER_MEMBERSHIP_WIRE_H
#define CLUSTER_MEMBERSHIP_WIRE_H
#include "policyd/cluster/members.h"

/* A heartbeat stays so long: `node list` tells since when a node is away. */
#define WIRE_KEEP_MS (30LL * 86400 * 1000)
/* Heartbeats asked for at a time. */
#define WIRE_BATCH 100

/* Writes node:ID:alive; what lay there before is appended to before (empty: nothing, or no string). */
int wire_write(const char *id, struct span heartbeat, struct str *before, struct err *err);
/* Calls take for each of the nodes, in order; age_ms by Redis' clock; bytes empty: there is none. */
struct wire_reader {
    void (*take)(void *ctx, size_t index, struct span bytes, int64_t age_ms);
    void *ctx;
};
int wire_read(const struct member *nodes, size_t count, const struct wire_reader *reader,
              struct err *err);
/* Free part of maxmemory in percent, 100 without a limit; -1. */
int wire_free_percent(struct err *err);
/* The same of the text of INFO memory; pure. -1: it does not say. */
int wire_parse_memory(struct span info);
#endif
