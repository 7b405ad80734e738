/* Revision, list generations, routes: compiled, immutable, counted. The current one is swapped whole by engine/reload; a transaction
 * pins at MAIL (policyd: per request) and lets go at abort or end of message. */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H
#include "facts/facts.h"
#include "rules/lists.h"

struct routes; /* engine/routes.h: domain → next hops, sorted */

struct snapshot {
    uint64_t revision;
    uint64_t generation; /* of lists and routes together; rises with every publication */
    char sha256[65];     /* of the revision's text */
    bool is_trial;       /* the text is on trial, instead of that revision's own */
    struct ruleset *rules;
    struct lists lists;
    struct routes *routes;
    /* what lists and routes lie in (mapped files, overlays): private to snapshot.c */
    struct snapshot_memory *memory;
    unsigned references;
};

const struct snapshot *snapshot_pin(void); /* NULL when nothing is published yet */
void snapshot_unpin(const struct snapshot **snapshot);
void snapshot_swap(struct snapshot **next); /* takes it over as the current one */
/* Sets domain.accepted and route.next_hops from recipient.domain. */
void snapshot_learn_routing(const struct snapshot *snapshot, struct facts *recipient);
#endif
