/* New rules tried on one node before all get them. The ledger `canary` says which; every entry is the whole state:
 *   {"verb":"begin","node":ID,"by":ID,"text":RULES,"for_s":900,"base":REVISION,"note":TEXT}     by: the node that holds the signing key and watches
 *   {"verb":"end","why":TEXT}
 * The node named puts the text in force (policyd/trial.h) instead of revision `base`, which stays the newest of its history; compares its rates with
 * those of the hour before (rates.h), says so in its heartbeat, and returns by itself: when a bound is crossed, when it is told to, when another
 * revision than `base` becomes the newest, 60 s after the time when nobody adopted it, and when policyd starts again.
 * The node that began it watches the heartbeats: it adopts the text as the next revision when the time is over within bounds, else ends the trial. */
#ifndef CLUSTER_CANARY_H
#define CLUSTER_CANARY_H
#include <jansson.h>
#include "policyd/cluster/envelope.h"
#include "policyd/cluster/rates.h"

#define CANARY_MIN_S     10
#define CANARY_MAX_S     86400
#define CANARY_DEFAULT_S 900
#define CANARY_WAIT_MS   60000 /* for the administrator's node, after the time */

/* The feed's, for entries of the subject `canary`. -1: the text does not compile or fails its tests here (NACK), or is for a base this node has not. */
int canary_apply(const struct envelope *e, struct span payload, struct err *err);
/* What was counted, as each source says it; any thread. */
void canary_feed(size_t source, const struct rates_counts *counts);
/* Judges the trial of this node, and watches that of another. The membership thread's, each second or so; blocks while it publishes or signs. */
void canary_tick(void);
/* Adds "canary" to a heartbeat: {"number","state":"trial|passed|ended|refused","why","left_s","before":{..},"during":{..}}; nothing when there is none. */
void canary_tell(json_t *content);
/* For `rules canary`: what the ledger and the node on trial say; NULL: there is none. The caller owns it. */
json_t *canary_row(void);
void canary_reset(void); /* at leave: a trial ends, nothing is watched */

struct canary_draft {
    struct span text;
    struct span node; /* id or name */
    unsigned for_s;
    uint64_t base;
    const char *author, *note;
};
/* Only where the signing key lies. -1 with the reason. Blocks. */
int canary_begin(const struct canary_draft *draft, struct err *err);
int canary_stop(const char *author, const char *why, struct err *err);
#endif
