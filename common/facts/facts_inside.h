/* Private to facts/: what struct facts is made of. */
#ifndef FACTS_FACTS_INSIDE_H
#define FACTS_FACTS_INSIDE_H
#include "facts/facts.h"

struct facts_list { /* the elements of one record */
    struct record_list public;
    size_t capacity;
    struct fact *cells; /* count * record_count(record) */
};

struct facts {
    struct arena *arena; /* values, texts, reasons, keys */
    size_t bytes;        /* of it, against FACTS_MAX_BYTES; replaced values still count */
    struct fact plain[FACT_MESSAGE__COUNT];
    struct facts_list lists[RECORD__COUNT];
    size_t keyed_count, keyed_capacity;
    struct keyed_fact *keyed;
};

extern const struct fact facts_pending;

/* Copies `fact` into `slot` with all its bytes. Past a limit: stores unknown "too large" and returns false. */
bool facts_store(struct facts *facts, struct fact *slot, const struct fact *fact);
/* The bytes of a reason or key, cut to FACTS_MAX_REASON. */
struct span facts_keep(struct facts *facts, struct span text);

#endif
