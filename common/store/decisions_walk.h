/* All recorded decisions of some time, one after another, with their facts: for who sums up a day. Only the owner's process; any thread;
 * the writer is never held up, and no more than a row is held in memory. */
#ifndef STORE_DECISIONS_WALK_H
#define STORE_DECISIONS_WALK_H
#include "store/decisions.h"

struct decisions_walker {
    /* Of the record time_ms, path, disposition and facts are set; it is gone when this returns. False: nothing more is wanted. */
    bool (*take)(void *ctx, const struct decision_record *record);
    void *ctx;
};
/* since <= time < until. 1; 0 no file of that time is kept (any more); -1 a file cannot be read. */
int decisions_walk(struct decisions *decisions, int64_t since_ms, int64_t until_ms,
                   const struct decisions_walker *walker, struct err *err);
#endif
