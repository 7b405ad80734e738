/* What a signature says of itself: DKIM-Signature (RFC 6376 section 3.5), ARC-Message-Signature and ARC-Seal (RFC 8617 section 4.1). */
#ifndef MAIL_DKIM_SIGNATURE_H
#define MAIL_DKIM_SIGNATURE_H
#include "mail/dkim_canon.h"
#include "mail/dkim_header.h"
#include "mail/dkim_key.h"
#include "mail/domain.h"

/* As RFC 8601 section 2.7.1 names them; the numbers are those of dkim_names (facts/fact_words.h). */
enum dkim_result {
    DKIM_RESULT_NONE = 1,
    DKIM_PASS,
    DKIM_FAIL,
    DKIM_POLICY, /* refused by us: too weak, or the body is not signed to its end */
    DKIM_NEUTRAL,
    DKIM_TEMPERROR,
    DKIM_PERMERROR
};

enum dkim_kind { DKIM_SIGNATURE = 1, DKIM_ARC_MESSAGE, DKIM_ARC_SEAL };
enum dkim_algorithm { DKIM_RSA_SHA256 = 1, DKIM_ED25519_SHA256, DKIM_RSA_SHA1 };
enum dkim_chain { DKIM_CV_NONE = 1, DKIM_CV_PASS, DKIM_CV_FAIL };

#define DKIM_RSA_BITS_MIN    1024 /* RFC 8301 section 3.2 */
#define DKIM_CLOCK_SLACK     300  /* s that a signer's clock may be ahead of ours */
#define DKIM_SIGNATURE_BYTES 1024 /* of a decoded b=: RSA of 8,192 bits */
#define DKIM_INSTANCE_MAX    50   /* RFC 8617 section 4.2.1 */

struct dkim_signature {
    enum dkim_kind kind;
    char domain[DOMAIN_SIZE], selector[DOMAIN_SIZE]; /* normalised; empty: they do not read */
    struct span identity;                            /* i= of DKIM, or empty */
    struct span algorithm_text;                      /* a= */
    enum dkim_algorithm algorithm;
    char begin[9];                           /* the first 8 bytes of b= (RFC 6008) */
    uint8_t signature[DKIM_SIGNATURE_BYTES]; /* b= */
    size_t signature_len;
    struct span signature_raw; /* b= as it stands in the value, with the blanks around */
    uint8_t body_hash[HASH_SHA256_SIZE];
    enum dkim_canon header_canon, body_canon;
    struct span names; /* h= */
    bool has_length;   /* l= */
    uint64_t length;
    unsigned instance; /* i= of ARC */
    enum dkim_chain chain;
    bool is_identity_below; /* i= is of a domain below d= */
};

/* value: all behind the colon. now: s since 1970. -1 with the reason when it does not read, has no From in h=, has expired or comes from the
 * future: domain, selector, identity, algorithm_text and begin are filled in as far as they read. Spans point into value. */
int dkim_signature_read(enum dkim_kind kind, struct span value, int64_t now,
                        struct dkim_signature *signature_r, struct err *err);
/* Appends the field itself as it is hashed last: b= empty, no line end behind. field: where signature was read from. */
void dkim_signature_canon(const struct dkim_signature *signature,
                          const struct dkim_field *field, enum dkim_canon canon,
                          struct str *out);
#endif
