/* The members of the cluster with what was read of each. Owned by membership.c, under its lock. */
#ifndef CLUSTER_NODE_TABLE_H
#define CLUSTER_NODE_TABLE_H
#include "policyd/cluster/node_track.h"

struct node_entry {
    struct member member;
    struct node_track track;
    enum node_state state;
    int64_t seen_ms;   /* wall time of its last heartbeat, by our clock; 0: none */
    json_t *heartbeat; /* verified; NULL: none */
    uint8_t sha256
        [HASH_SHA256_SIZE]; /* of the bytes read last: the same ones are not verified again */
    bool is_readable;       /* they were a heartbeat */
    uint64_t seq;           /* theirs */
    char boot[NODE_ID_SIZE];
    char forged[200]; /* why they were refused; empty */
};
struct node_table {
    struct node_entry *list;
    size_t count;
};
/* Members come and go; of those that stay all is kept. */
void node_table_fit(struct node_table *table, const struct member *members, size_t count);
/* Reads and judges all; each change of a state is one line in the log. -1: Redis did not answer, all stays as it was. */
int node_table_read(struct node_table *table, const char *cluster);
/* How many are not down, this node included whatever is said of it. */
size_t node_table_alive(const struct node_table *table, const char *own_id);
size_t node_table_copy(const struct node_table *table, struct node_seen **nodes_r);
void node_table_clear(struct node_table *table);
/* One reading of one node; pure. */
struct node_reading {
    struct span bytes;
    int64_t age_ms, now_ms;
    const char *cluster;
};
void node_entry_see(struct node_entry *entry, const struct node_reading *reading);
#endif
