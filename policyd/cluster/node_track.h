/* How one node is, judged from its heartbeats alone. Pure. Wall clocks of nodes count for nothing: the age is what Redis says (PTTL) or, when the
 * sequence has not advanced though the value was written again (a replay), the time this node has been looking at it.
 * Whoever writes a heartbeat goes above the sequence it finds there (membership.c), over restarts too. So only news counts, and a boot that
 * brings news after a later boot did is a second machine: nobody who replays old heartbeats can make that. */
#ifndef CLUSTER_NODE_TRACK_H
#define CLUSTER_NODE_TRACK_H
#include "policyd/cluster/membership.h"

#define TRACK_BOOTS 4
/* After a time without readings (Redis was away) the others need a while to come back: nobody gets worse for so long. */
#define TRACK_GAP_MS   10000
#define TRACK_GRACE_MS 40000
/* What Redis says is younger by so much than what this node has been looking at: somebody writes it again. */
#define TRACK_REPLAY_MS 10000
/* Two machines with one identity: shown for so long after the last sign of it. */
#define TRACK_DOUBLE_MS 60000

/* Times in ms of clock_mono_ms. */
struct node_track {
    char boots[TRACK_BOOTS][NODE_ID_SIZE]; /* the one seen last is first */
    size_t boot_count;
    uint64_t seq;         /* the highest seen */
    int64_t advanced_ms;  /* when that was first seen, and how old it was then */
    int64_t advanced_age; /* by Redis */
    int64_t returned_ms;  /* when a boot last came back after a later one; 0: never */
    int64_t read_ms;      /* the last reading; 0: none */
    int64_t grace_until_ms, grace_age;
    int64_t age_ms; /* as judged at the last reading; -1: never seen */
    bool is_replay; /* what lies there was seen before and is written again and again */
};
struct track_sight {
    const char *boot; /* NULL: there is no heartbeat, or none that can be believed */
    uint64_t seq;
    int64_t age_ms; /* by Redis' clock */
    int64_t now_ms; /* clock_mono_ms */
};
void node_track_begin(struct node_track *track);
/* One reading. */
void node_track_see(struct node_track *track, const struct track_sight *sight);
enum node_state node_track_state(const struct node_track *track, int64_t now_ms);
#endif
