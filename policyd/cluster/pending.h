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
    bool is_taken, is_sent;
};
/* False: there was no room. */
bool pending_add(const struct counter_ask *ask, const struct counters_key *key,
                 const uint8_t name[8], int64_t at_ms);
/* Takes up to PENDING_BATCH out, in order. They are read as waiting until they are said to be sent. */
size_t pending_take(struct pending *batch[PENDING_BATCH]);
/* Their command stands in the row to Redis, before all that is put there later; or, false, it came to nothing. */
void pending_set_sent(struct pending *const *batch, size_t count, bool is_sent);
/* Redis has them: frees each. */
void pending_drop(struct pending **batch, size_t count);
/* Around reading what waits and putting a command into the row to Redis, so that each charge is either read as waiting or found in Redis, and
 * never neither or both. The same thread may hold it twice. */
void pending_row_lock(void);
void pending_row_unlock(void);
size_t pending_count(void);
/* How much of this key waits; members of distinct are appended to members unless they are there. */
int64_t pending_read(const struct counters_key *key, enum charge_kind kind,
                     struct str *members);
void pending_clear(void);
#endif
