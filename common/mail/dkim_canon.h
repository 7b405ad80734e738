/* Canonicalization of header fields and bodies (RFC 6376 section 3.4): what is hashed, for signing and verifying alike. */
#ifndef MAIL_DKIM_CANON_H
#define MAIL_DKIM_CANON_H
#include "base/hash.h"
#include "base/str.h"

enum dkim_canon { DKIM_SIMPLE = 0, DKIM_RELAXED };

/* Appends one field as it is hashed, without the line end behind it. value: all that follows the colon, leading blank and folding included,
 * without the line end behind it; lines may end with CRLF or LF, and are hashed with CRLF. */
void dkim_canon_field(struct str *out, enum dkim_canon canon, struct span name,
                      struct span value);

/* The hashes of a body, given piece by piece: of all of it, and of its first so many canonical bytes (l=) for each stop. Lines end with CRLF;
 * a CR or LF alone is a byte like any other. */
#define DKIM_BODY_BUFFER 4096
struct dkim_body {
    enum dkim_canon canon;
    bool had_cr;     /* a CR, of which the next byte says what it is */
    bool has_blanks; /* relaxed: blanks that count as one when something follows on the line */
    uint64_t newlines; /* line ends held back: those at the end of the body do not count */
    uint64_t length;   /* canonical bytes so far */
    struct hash_sha256 *hash;
    size_t stop_count, stops_done;
    const struct dkim_body_stop *stops;
    size_t held;
    char buffer[DKIM_BODY_BUFFER];
};
struct dkim_body_stop {
    uint64_t length;
    uint8_t *digest_r; /* HASH_SHA256_SIZE; not written when the body is shorter */
};

/* stops: in ascending order, lent until the end; count may be 0. */
void dkim_body_begin(struct dkim_body *body, enum dkim_canon canon,
                     const struct dkim_body_stop *stops, size_t count);
void dkim_body_add(struct dkim_body *body, struct span bytes);
/* The digest of the whole canonical body, and its length. */
uint64_t dkim_body_end(struct dkim_body *body, uint8_t digest_r[HASH_SHA256_SIZE]);
#endif
