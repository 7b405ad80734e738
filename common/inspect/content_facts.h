/* The facts that a content worker answers with, read as if an enemy had written them. */
#ifndef INSPECT_CONTENT_FACTS_H
#define INSPECT_CONTENT_FACTS_H
#include "base/err.h"
#include "facts/facts.h"
#include "inspect/wire.h"

/* What was asked for besides what always is. */
struct content_wants {
    struct span headers; /* names, lower case, each ended by NUL */
    uint32_t flags;      /* WIRE_LINKS */
};

/* The worker's answer, the caller's to free, with the facts derived from it; NULL: it must not be believed. */
struct facts *content_facts_read(struct span block, const struct content_wants *wants,
                                 struct err *err);
/* May these facts come from a worker: only content facts, all of them, and what was wanted only? */
int content_facts_check(const struct facts *facts, const struct content_wants *wants,
                        struct err *err);
#endif
