/* Greylisting: how long a client's network (/24, IPv6 /64) has been trying to reach a recipient from a sender. The rule says how long is enough
 * (`greylist 3m`); here is kept when it was first tried and what has passed.
 *
 * A try that does not come again is forgotten after 6 hours; a triplet that passed after 35 days without use; a network of which 5 triplets passed
 * is known for as long, and is not asked to wait any more. Of one network at most GREYLIST_TRIES tries are kept; beyond, the network alone is the
 * key. All in all GREYLIST_DRAWERS * GREYLIST_ROOM tries, as many triplets that passed, and a quarter of that networks; while there is no room the age
 * of what is new is not known, and what is not known passes. Stored are keyed hashes alone.
 * Members of a cluster share it through Redis; when that does not answer in redis_counter_timeout the age is not known. */
#ifndef CLUSTER_GREYLIST_H
#define CLUSTER_GREYLIST_H
#include "checks/ports.h"
#include "policyd/cluster/shelf.h"

#define GREYLIST_DRAWERS  4096
#define GREYLIST_NETWORKS 1024 /* drawers of them */
#define GREYLIST_ROOM     120
#define GREYLIST_TRIES    50
#define GREYLIST_ENOUGH   5
#define GREYLIST_TRY_MS   (6 * 3600 * INT64_C(1000))
#define GREYLIST_KEEP_MS  (GREYLIST_KNOWN * INT64_C(1000))
#define GREYLIST_RENEW_MS (3600 * INT64_C(1000)) /* a use is not written down more often */

extern const struct greylist_port greylist_port;

/* The triplet as keyed hashes. */
struct greylist_key {
    uint8_t try[SHELF_KEY_SIZE]; /* 6 bytes of the network's hash, 8 of the triplet's, zeros */
    uint8_t alone[SHELF_KEY_SIZE]; /* those of the network, zeros */
    uint8_t triplet[SHELF_KEY_SIZE], network[SHELF_KEY_SIZE];
};
void greylist_key_make(const uint8_t secret[32], const struct greylist_triplet *triplet,
                       struct greylist_key *key_r);
#endif
