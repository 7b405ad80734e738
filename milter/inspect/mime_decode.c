/* mime_decode.c - base64 and quoted-printable, piece by piece, in bounded memory. */
#include "milter/inspect/mime_decode.h"

static const struct {
    const char *name;
    enum encoding encoding;
} encodings[] = {
    {"", ENCODING_IDENTITY},     {"7bit", ENCODING_IDENTITY},
    {"8bit", ENCODING_IDENTITY}, {"binary", ENCODING_IDENTITY},
    {"base64", ENCODING_BASE64}, {"quoted-printable", ENCODING_QUOTED},
    {"x-uuencode", ENCODING_UU}, {"uuencode", ENCODING_UU},
    {"x-uue", ENCODING_UU},
};

enum encoding decode_encoding(struct span name)
{
    name = span_trim(name);
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (span_iequal(name, span_of(encodings[i].name)))
            return encodings[i].encoding;
    return ENCODING_UNKNOWN;
}

void decode_begin(struct decoder *d, enum encoding encoding, struct span raw)
{
    d->encoding = encoding;
    d->rest = raw;
    d->is_bad = d->is_padded = false;
    d->bits = d->held = 0;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One byte in; true when one comes out. What does not belong is passed over, as most programs do. */
static bool base64_byte(struct decoder *d, char c, char *out_r)
{
    int value = base64_value(c);

    if (c == '=')
        d->is_padded = true;
    if (value < 0) {
        d->is_bad |= c != '=' && !is_white(c);
        return false;
    }
    if (d->is_padded) { /* data after the end: a second text behind the first */
        d->is_bad = true;
        d->is_padded = false;
        d->held = d->bits = 0;
    }
    d->bits = (d->bits << 6 | (unsigned)value) & 0xffff;
    d->held += 6;
    if (d->held < 8)
        return false;
    d->held -= 8;
    *out_r = (char)(d->bits >> d->held & 0xff);
    return true;
}

static size_t decode_base64(struct decoder *d)
{
    size_t len = 0, i = 0;

    for (; i < d->rest.len && len < DECODE_PIECE; i++)
        len += base64_byte(d, d->rest.ptr[i], &d->piece[len]);
    d->rest = span_from(d->rest.ptr + i, d->rest.len - i);
    if (d->rest.len == 0 && d->held >= 6) /* one letter alone is no byte */
        d->is_bad = true;
    return len;
}

/* What stands after '=' at s: bytes used, and the byte it means or -1 for none. */
static size_t quoted_escape(struct decoder *d, struct span s, int *byte_r)
{
    size_t i = 1;

    *byte_r = -1;
    if (s.len > 2 && hex_value(s.ptr[1]) >= 0 && hex_value(s.ptr[2]) >= 0) {
        *byte_r = hex_value(s.ptr[1]) << 4 | hex_value(s.ptr[2]);
        return 3;
    }
    while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t' || s.ptr[i] == '\r'))
        i++;
    if (i >= s.len)
        return i;
    if (s.ptr[i] == '\n')
        return i + 1;
    d->is_bad = true;
    *byte_r = '=';
    return 1;
}

static size_t decode_quoted(struct decoder *d)
{
    struct span s = d->rest;
    size_t len = 0;

    while (s.len > 0 && len < DECODE_PIECE) {
        int byte = (unsigned char)*s.ptr;
        size_t used = byte == '=' ? quoted_escape(d, s, &byte) : 1;
        if (byte >= 0)
            d->piece[len++] = (char)byte;
        s = span_skip(s, used);
    }
    d->rest = s;
    return len;
}

static size_t copy(struct decoder *d)
{
    size_t len = d->rest.len < DECODE_PIECE ? d->rest.len : DECODE_PIECE;

    memcpy(d->piece, d->rest.ptr, len);
    d->rest = span_from(d->rest.ptr + len, d->rest.len - len);
    return len;
}

bool decode_next(struct decoder *d, struct span *piece_r)
{
    size_t len = 0;

    while (d->rest.len > 0 && len == 0)
        len = d->encoding == ENCODING_BASE64   ? decode_base64(d)
              : d->encoding == ENCODING_QUOTED ? decode_quoted(d)
                                               : copy(d);
    *piece_r = span_from(d->piece, len);
    return len > 0;
}
