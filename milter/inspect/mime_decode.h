/* Transfer encodings (RFC 2045 section 6), decoded as a lenient program would, noting what a strict one refuses. */
#ifndef MILTER_INSPECT_MIME_DECODE_H
#define MILTER_INSPECT_MIME_DECODE_H
#include "base/span.h"

enum encoding {
    ENCODING_IDENTITY = 1,
    ENCODING_BASE64,
    ENCODING_QUOTED,
    ENCODING_UU,
    ENCODING_UNKNOWN
};

#define DECODE_PIECE 65536
struct decoder {
    enum encoding encoding;
    struct span rest;    /* not decoded yet */
    bool is_bad;         /* something that the encoding does not have */
    unsigned bits, held; /* base64: bits in hand */
    bool is_padded;      /* base64: a = was seen */
    char piece[DECODE_PIECE];
};

enum encoding decode_encoding(struct span name); /* the header's value; empty: identity */
void decode_begin(struct decoder *d, enum encoding encoding, struct span raw);
/* The next piece, at most DECODE_PIECE bytes, valid until the next call; false at the end. */
bool decode_next(struct decoder *d, struct span *piece_r);
#endif
