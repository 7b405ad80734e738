/* Which counters a message is counted in, and under which key: pure. count, sum and distinct of `[policy]` are kept by policyd; the milter says what
 * was delivered. Both make keys here, from their own facts, so that they mean the same counter. */
#ifndef RULES_CHARGE_H
#define RULES_CHARGE_H
#include "base/str.h"
#include "rules/lists.h"

enum charge_kind {
    CHARGE_MESSAGES = 1, /* 1 for each message and key */
    CHARGE_RECIPIENTS,   /* 1 for each recipient that is delivered to */
    CHARGE_SIZE,         /* bytes of the message, once for each key */
    CHARGE_DISTINCT      /* one value of a fact; the same one again is nothing new */
};

/* What a counter's canonical text says: "messages auth.user,client.ip 3600", "size sender 86400", "recipient auth.user 3600" (distinct). */
#define CHARGE_NAME_MAX   128 /* bytes of it */
#define CHARGE_WINDOW_MAX (31 * 86400)
struct charge_counter {
    enum charge_kind kind;
    int member;     /* CHARGE_DISTINCT: the fact whose values are told apart; else FACT_NONE */
    int key[2];     /* facts; the second one may be FACT_NONE */
    int64_t window; /* seconds, 1 to CHARGE_WINDOW_MAX */
};
bool charge_counter_parse(struct span name, struct charge_counter *counter_r);

/* The key as text (printable ASCII, case folded, its parts apart by a blank, at most CHARGE_KEY_MAX bytes: a longer one becomes its sha256). False: a part has no
 * value, so there is nothing to count under. lists: for direction, which follows from others; NULL: it is taken as the facts have it. */
#define CHARGE_KEY_MAX 400
bool charge_key(const struct charge_counter *counter, const struct lists *lists,
                const struct facts_view *view, struct str *out);
/* The value that distinct tells apart, likewise. */
bool charge_member(const struct charge_counter *counter, const struct lists *lists,
                   const struct facts_view *view, struct str *out);

/* What one message charges: one entry for each counter and key (and value of distinct). */
#define CHARGES_MAX 10000 /* what goes beyond is not charged */
struct charge {
    struct span counter, key, member; /* member: empty but of distinct */
    int64_t amount;
};
struct charges {
    struct arena *arena; /* of the transaction */
    size_t count, room;
    struct charge *of;
    size_t slot_count; /* private: where each is found again */
    uint32_t *slots;
    uint64_t seed[2];
};
/* *charges: zero but for the arena. Adds what one recipient that is delivered to charges; size: of the message. */
void charges_add(struct charges *charges, const struct lists *lists,
                 const struct facts_view *view, int64_t size);
#endif
