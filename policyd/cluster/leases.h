/* Readings of shared counters that may be used again for a while: a lease lets this node count on by itself, without asking Redis, while the counter is
 * far below the next limit of the rules. Bounded table; the longest unused goes.
 *
 *   allowance = min(remaining / (2 * live nodes), limit / 4), for limits of LEASE_MIN_LIMIT and more, for LEASE_MS or a sixth of the window
 *
 * Overshoot: a counter may pass its limit by no more than the allowances that are out at that moment: less than half of what remained when the
 * first of them was given, and less than a quarter of the limit for each node; beside what is under way (counters.h). */
#ifndef CLUSTER_LEASES_H
#define CLUSTER_LEASES_H
#include "policyd/cluster/counters_key.h"

#define LEASES_MAX      65536
#define LEASE_MIN_LIMIT 50
#define LEASE_MS        10000

/* What a node may spend by itself; 0: nothing. limit: the next one at or above reading; -1: none is known. */
int64_t lease_allowance(int64_t reading, int64_t limit, size_t nodes);

/* Before the counter is asked: how much this node has charged it so far (any number that only grows); to be given to leases_put. */
int64_t leases_mark(const uint8_t key[SHELF_KEY_SIZE]);
/* Read from Redis: `reading` held at the mark. */
void leases_put(const uint8_t key[SHELF_KEY_SIZE], int64_t mark, int64_t reading,
                int64_t allowance, int64_t window_s);
/* True: `amount` more are within the lease; *reading_r is what is charged. */
bool leases_use(const uint8_t key[SHELF_KEY_SIZE], int64_t amount, int64_t *reading_r);
/* This node charged it. */
void leases_charge(const uint8_t key[SHELF_KEY_SIZE], int64_t amount);
/* What was read last, however old, less what has left the window since (as if it had come evenly), and what this node charged since; 0: nothing. */
int64_t leases_last(const uint8_t key[SHELF_KEY_SIZE], int64_t window_s);
void leases_clear(void);
#endif
