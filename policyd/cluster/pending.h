/* Charges on their way to Redis: added up by key, in the order they came, bounded; a charge that finds no more room is dropped and counted. Taken in
 * batches, each sent again until it is acknowledged. Thread-safe, never waits for anything but its lock. */
#ifndef CLUSTER_PENDING_H
#define CLUSTER_PENDING_H
#include <sys/queue.h>
#include "policyd/cluster/counters_key.h"

#define PENDING_MAX   100000
#define PENDING_BATCH 200

struct pending {
    TAILQ_ENTRY(pending) in_order;
    LIST_ENTRY(pending) in_bucket;
    struct counters_key key;
    uint8_t name[8]; /* hash of the counter's name: which drawers */
    enum charge_kind kind;
    int64_t window, amount, at_ms; /* clock_mono_ms of the delivery */
};
/* False: there was no room. */
bool pending_add(const struct counter_ask *ask, const struct counters_key *key,
                 const uint8_t name[8], int64_t at_ms);
/* Takes up to PENDING_BATCH out, in order; free() each. */
size_t pending_take(struct pending *batch[PENDING_BATCH]);
size_t pending_count(void);
/* How much of this key waits; members of distinct are appended to members unless they are there. */
int64_t pending_read(const struct counters_key *key, enum charge_kind kind,
                     struct str *members);
void pending_clear(void);
#endif
