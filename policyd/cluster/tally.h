/* Names with their sums. At most `limit` names: what is beyond them is summed up as "other", so that all rows and other together are always the whole.
 * A tally of top names makes room for a new one by moving the lightest to other ("space-saving": the new one takes over its weight, so that a flood of
 * names seen once does not push out those that come often). Pure; not thread-safe. */
#ifndef CLUSTER_TALLY_H
#define CLUSTER_TALLY_H
#include "base/span.h"

#define TALLY_KEY_MAX 254          /* bytes of a name; a longer one is cut between characters */
#define TALLY_MAX     (1ULL << 53) /* sums stop growing here: a whole number in any JSON reader */

enum measure {
    MEASURE_MESSAGES = 0, /* that came to their end */
    MEASURE_STOPPED, /* of them those that were not delivered as they came: rejected, deferred, held, discarded, kept in quarantine */
    MEASURE_REFUSED, /* recipients refused before, by the milter at RCPT or by policyd */
    MEASURE_REQUESTS, /* policy requests that were decided */
    MEASURE_BYTES,    /* of messages */
    MEASURE__COUNT
};
extern const char *const measure_names[MEASURE__COUNT];

struct measures {
    uint64_t of[MEASURE__COUNT];
};
uint64_t tally_sum(uint64_t a, uint64_t b); /* at most TALLY_MAX */
void measures_add(struct measures *to, const struct measures *from);
/* What says how much a name matters: messages, refusals and requests together. */
uint64_t measures_weight(const struct measures *measures);

struct tally_row {
    char *key;
    uint64_t hash, weight;
    struct measures sum;
};
struct tally {
    size_t limit;
    bool is_top; /* of top names; else names beyond the limit are other from the start */
    size_t count, room, slot_count;
    struct tally_row *rows;
    uint32_t *slots; /* index of a row + 1; 0: free */
    struct measures other;
};
void tally_init(struct tally *tally, size_t limit, bool is_top);
void tally_clear(struct tally *tally);
void tally_add(struct tally *tally, struct span key, const struct measures *measures);
void tally_merge(struct tally *to, const struct tally *from);
/* NULL: not among the names. */
const struct tally_row *tally_find(const struct tally *tally, struct span key);
/* Keeps the heaviest; the others become other. */
void tally_thin(struct tally *tally, size_t names);
/* Heaviest first, names of the same weight in alphabetical order. */
void tally_sort(struct tally *tally);
#endif
