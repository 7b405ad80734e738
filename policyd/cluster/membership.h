/* Heartbeats: each node says every 5 s (and at once when something changed) who it is, what it has applied and how it is; all read all.
 *   node:ID:alive    JSON + signature of the node's key: id, name, boot, seq, version, language, host, started, heads applied with ACK/NACK and why,
 *                    load, requests/s, health of each dependency, drained, canary      (kept 30 days; its age is told by Redis' own clock, from PTTL)
 * A node is alive while its seq advances, suspect 15 s after, down after 60 s (out of the sums), back by itself. A boot that is not ours under our id
 * after ours was written: two machines run with one identity; both are named. */
#ifndef CLUSTER_MEMBERSHIP_H
#define CLUSTER_MEMBERSHIP_H
#include <jansson.h>
#include "base/names.h"
#include "policyd/cluster/members.h"

#define HEARTBEAT_MS         5000
#define HEARTBEAT_SUSPECT_MS 15000
#define HEARTBEAT_DOWN_MS    60000

enum node_state { NODE_ALIVE = 1, NODE_SUSPECT, NODE_DOWN, NODE_NEVER_SEEN, NODE_DOUBLE };
extern const struct name_value node_state_names[];
struct node_seen {
    struct member member;
    enum node_state state;
    int64_t age_ms;    /* since its last heartbeat; -1: never seen */
    int64_t seen_ms;   /* wall time of that, by our clock */
    json_t *heartbeat; /* verified; NULL: none; the caller's own */
    char trouble[256]; /* a forged heartbeat, two machines with one identity, ...; empty */
};
int membership_begin(struct err *err);
void membership_end(void);
void membership_changed(void); /* writes a heartbeat soon (within 50 ms); any thread */
/* All members by name, as seen at the last reading (at most 5 s old; is_fresh: reads now). Free with membership_free. */
size_t membership_list(bool is_fresh, struct node_seen **nodes_r);
void membership_free(struct node_seen **nodes, size_t count);
size_t membership_alive(void); /* how many, at least 1: this node */
/* In force on all live nodes? Waits until each of them has applied `number` of the subject or said NACK, or for timeout_ms. One row for each
 * node into rows: {"node","state":"ACK|NACK|silent","applied","why"}. Returns EXIT_OK or EXIT_PARTIAL. */
int membership_wait_applied(struct span subject, uint64_t number, int timeout_ms, json_t *rows);
#endif
