/* One publication being put together: what the database holds, as files of the snapshot directory and a manifest that names them. */
#ifndef POLICYD_DRAFT_H
#define POLICYD_DRAFT_H
#include "base/arena.h"
#include "store/manifest.h"
#include "store/policy_db.h"

struct draft {
    struct policy_db *db;
    const char *dir;
    const struct manifest
        *last; /* as published before, or NULL: files that are the same are named again */
    struct arena *arena;
    struct err *err;
    /* out */
    struct manifest next; /* without generation and time; lists in arena */
    const char *
        lacking; /* a list whose image has to be built before this may be published, or NULL; in arena */
};

/* Writes the files that are new and fills next. 0, 1 there is no revision yet, -1. */
int draft_fill(struct draft *draft);
/* Do both name the same? Generation and time of the publication aside; a may be NULL. */
bool draft_is_same(const struct manifest *a, const struct manifest *b);
#endif
