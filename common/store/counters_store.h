/* Counters and greylist of this node in policyd.db: drawers of shelves as bytes (policyd/cluster/shelf.h), by the shelf's name. */
#ifndef STORE_COUNTERS_STORE_H
#define STORE_COUNTERS_STORE_H
#include "base/span.h"
#include "store/policy_db.h"

#define COUNTERS_STORE_BATCH 256

struct drawer_row {
    struct span name; /* of the shelf */
    size_t drawer;
    struct span bytes; /* empty: the row goes */
};
/* One transaction. */
int counters_store_save(struct policy_db *db, const struct drawer_row *rows, size_t count,
                        struct err *err);
/* Calls take for each row; it must not call back into the database. */
int counters_store_load(struct policy_db *db,
                        void (*take)(void *ctx, const struct drawer_row *row), void *ctx,
                        struct err *err);
/* A counter that no rule asks any more. */
int counters_store_drop(struct policy_db *db, struct span name, struct err *err);
#endif
