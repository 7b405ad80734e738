/* The ARC chain of a message (RFC 8617): sets of three fields each, numbered, each sealing all before it. */
#ifndef INSPECT_ARC_H
#define INSPECT_ARC_H
#include "milter/inspect/signed.h"

/* The numbers are those of arc_names (facts/fact_words.h). */
enum arc_result { ARC_NONE = 1, ARC_PASS, ARC_FAIL, ARC_TEMPERROR };

/* The fields of one set, as indexes of the header; DKIM_NO_FIELD: missing. */
struct arc_set {
    size_t results, message, seal;
};

struct arc_chain {
    enum arc_result result; /* 0 while nothing speaks against it */
    const char *reason;
    size_t count; /* sets: instances 1 to count */
    struct arc_set sets[SENDER_SEALS_MAX];
    struct signed_one newest; /* the ARC-Message-Signature of the last set */
    struct signed_one seals[SENDER_SEALS_MAX];
};

/* Reads the chain, checks its structure, finds the keys or names those as lacking. */
void arc_find(struct signed_message *message, struct arc_chain *chain_r);
/* Once nothing is lacking; then signed_hash_bodies; then arc_decide. */
void arc_take_keys(struct signed_message *message, struct arc_chain *chain);
void arc_decide(struct signed_message *message, struct arc_chain *chain);
void arc_end(struct arc_chain *chain);
#endif
