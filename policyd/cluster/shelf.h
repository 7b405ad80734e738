/* A bounded store of small values under short keys, in memory: a fixed number of drawers, a fixed number of entries in each, so that no flood makes it
 * grow beyond drawers * room entries. Keys are keyed hashes, so nobody chooses a drawer. Each drawer is kept in policyd.db as one row
 * (store/counters_store.h) when it changed. Not thread-safe: its owner has a lock. */
#ifndef CLUSTER_SHELF_H
#define CLUSTER_SHELF_H
#include "base/str.h"

#define SHELF_KEY_SIZE  16
#define SHELF_MAX_VALUE 16384 /* bytes of one value */

struct shelf;
struct shelf_entry {
    uint8_t key[SHELF_KEY_SIZE];
    struct str value; /* change it as you like; then shelf_touch */
};

struct shelf *shelf_new(size_t drawers, size_t room);
void shelf_free(struct shelf **shelf);
size_t shelf_drawer(const struct shelf *shelf,
                    const uint8_t key[SHELF_KEY_SIZE]); /* by its first bytes */
size_t shelf_count(const struct shelf *shelf, size_t drawer);
struct shelf_entry *shelf_at(struct shelf *shelf, size_t drawer, size_t index);
/* NULL: not there. Valid until the next put or drop. */
struct shelf_entry *shelf_find(struct shelf *shelf, const uint8_t key[SHELF_KEY_SIZE]);
/* A new, empty entry; NULL: its drawer is full (drop something first). The key must not be there. */
struct shelf_entry *shelf_put(struct shelf *shelf, const uint8_t key[SHELF_KEY_SIZE]);
void shelf_drop(struct shelf *shelf, size_t drawer, size_t index);
void shelf_touch(struct shelf *shelf, size_t drawer); /* it changed */

/* Takes one changed drawer, as bytes appended to out (none: it is empty now); false: none has changed. */
bool shelf_take_changed(struct shelf *shelf, size_t *drawer_r, struct str *out);
/* Puts a drawer's bytes back; what is malformed or does not fit is left out. */
void shelf_restore(struct shelf *shelf, size_t drawer, struct span bytes);
#endif
