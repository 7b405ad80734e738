/* The DKIM signatures of a message (RFC 6376): their results, and which of them cover all that a reader sees. */
#ifndef INSPECT_DKIM_H
#define INSPECT_DKIM_H
#include "milter/inspect/signed.h"

struct dkim_signatures {
    size_t count;
    struct signed_one list[SENDER_SIGNATURES_MAX]; /* from the top */
    bool has_more;
};

/* Reads them and finds their keys, or names those as lacking. */
void dkim_find(struct signed_message *message, struct dkim_signatures *signatures_r);
/* Once nothing is lacking; then signed_hash_bodies; then dkim_decide. */
void dkim_take_keys(struct signed_message *message, struct dkim_signatures *signatures);
void dkim_decide(struct signed_message *message, struct dkim_signatures *signatures);
void dkim_end(struct dkim_signatures *signatures);
#endif
