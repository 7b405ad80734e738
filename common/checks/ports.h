/* What checks ask of the program around them: filled in once by its main, before the first transaction. policyd has both. */
#ifndef CHECKS_PORTS_H
#define CHECKS_PORTS_H
#include "rules/charge.h"

/* One counter under one key, and what is about to be added to it. */
struct counter_ask {
    struct span name; /* canonical */
    struct charge_counter counter;
    struct span key, member;
    int64_t amount;  /* messages, recipients, distinct: 1; size: as the client declared it */
    int64_t reading; /* filled in: charged, plus this one */
};
/* Owned by the check until read is called, by the port until done is, which is exactly once, from any thread (also from within read). */
struct counter_read {
    size_t count;
    struct counter_ask *asks;
    struct span transaction; /* of several recipients of one message the same; empty: none */
    int64_t begun;           /* of the request, clock_mono_ms: patience counts from there */
    void (*done)(struct counter_read *read);
    void *ctx;
};
struct counters_port {
    void (*read)(struct counter_read *read);
    /* This recipient was taken: it is counted in the readings of the next ones of the same transaction (recipients and distinct), until
     * the milter says what was delivered. Never waits. */
    void (*promise)(struct span transaction, const struct counter_ask *asks, size_t count);
};

/* Who tries to reach whom from where; texts as facts have them. */
struct greylist_triplet {
    struct ip client;
    struct span sender, recipient; /* sender empty: the null sender */
};
#define GREYLIST_KNOWN (35 * 86400) /* age of what has passed, or whose network has */
struct greylist_look {
    struct greylist_triplet triplet;
    bool is_trial; /* nothing is noted */
    int64_t begun; /* of the request, clock_mono_ms */
    int64_t
        age; /* filled in: seconds since the first try, 0: this is it; -1: cannot be known */
    void (*done)(struct greylist_look *look);
    void *ctx;
};
struct greylist_port {
    void (*look)(struct greylist_look *look); /* done as with counters */
    /* It was let through since it is old enough. Never waits. */
    void (*passed)(const struct greylist_triplet *triplet);
};

void ports_set(const struct counters_port *counters, const struct greylist_port *greylist);
const struct counters_port *ports_counters(void); /* NULL: this program has none */
const struct greylist_port *ports_greylist(void);
#endif
