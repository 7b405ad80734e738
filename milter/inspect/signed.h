/* A message whose signatures are verified: its header and body, the keys that DNS gave, and one signature's way to its result. */
#ifndef INSPECT_SIGNED_H
#define INSPECT_SIGNED_H
#include "inspect/sender_wire.h"
#include "mail/dkim_signature.h"

#define SIGNED_BODIES_MAX (SENDER_SIGNATURES_MAX + 1) /* one more for ARC */

/* A hash of the body that some signature asks for: of all of it, or of its first so many bytes. */
struct signed_body {
    enum dkim_canon canon;
    bool has_length;
    uint64_t length;
    uint8_t digest[HASH_SHA256_SIZE];
};

struct signed_message {
    const struct sender_request *request;
    struct arena *arena;
    struct sender_result *result; /* names that are lacking go there */
    struct dkim_header header;
    struct span body;
    size_t body_count;
    struct signed_body bodies[SIGNED_BODIES_MAX];
    uint64_t body_lengths[2]; /* canonical, for each enum dkim_canon */
};

/* One signature. As long as result is 0 nothing speaks against it. */
struct signed_one {
    size_t at; /* its field */
    struct dkim_signature signature;
    const struct dns_answer *answer; /* its key, or NULL while it is lacking */
    struct verify_key *key;
    bool is_testing, is_own_identity;
    enum dkim_result result;
    const char *reason; /* in the arena, or a constant */
    size_t body;        /* in bodies */
};

void signed_begin(struct signed_message *message, const struct sender_request *request,
                  struct span bytes, struct arena *arena, struct sender_result *result);
/* Reads the field at. */
void signed_read(struct signed_message *message, enum dkim_kind kind, size_t at,
                 struct signed_one *one_r);
/* Finds its key among the answers, else names it as lacking. */
void signed_find_key(struct signed_message *message, struct signed_one *one);
/* Once nothing is lacking: reads the key, and asks for the hash of the body when the signature has one. */
void signed_take_key(struct signed_message *message, struct signed_one *one);
/* All hashes of bodies that were asked for: one pass for each canonicalization. */
void signed_hash_bodies(struct signed_message *message);
/* Decides: DKIM and ARC-Message-Signature. */
void signed_verify(struct signed_message *message, struct signed_one *one);
/* Decides by the digest of what is signed: ARC-Seal. */
void signed_verify_digest(struct signed_message *message, struct signed_one *one,
                          const uint8_t digest[HASH_SHA256_SIZE]);
/* Frees what OpenSSL holds. */
void signed_one_end(struct signed_one *one);
#endif
