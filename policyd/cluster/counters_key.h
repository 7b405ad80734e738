/* Counter, key and member as keyed hashes: what is stored in their place. */
#ifndef CLUSTER_COUNTERS_KEY_H
#define CLUSTER_COUNTERS_KEY_H
#include "base/hash.h"
#include "checks/ports.h"
#include "policyd/cluster/shelf.h"
#include "policyd/cluster/window.h"

struct counters_key {
    uint8_t key[SHELF_KEY_SIZE];        /* counter and key */
    uint8_t member[WINDOW_MEMBER_SIZE]; /* of distinct; else zero */
};
void counters_key_make(const uint8_t secret[HASH_KEY_SIZE], const struct counter_ask *ask,
                       struct counters_key *key_r);
#endif
