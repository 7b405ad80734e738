/* dmarc_uri.c - a list of places to report to, one after another. */
#include "mail/dmarc_uri.h"
#include "base/hash.h"
#include "mail/tags.h"

#define DIGITS_MAX 12 /* of a limit: a terabyte in bytes */

static bool is_one_of(const char *signs, char c)
{
    return c != '\0' && strchr(signs, c) != NULL;
}

static bool is_scheme(struct span scheme)
{
    for (size_t i = 0; i < scheme.len; i++) {
        char c = scheme.ptr[i];
        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
            (i == 0 || !is_one_of("0123456789+-.", c)))
            return false;
    }
    return scheme.len > 0;
}

/* RFC 3986: scheme, colon, and something of its characters; "!" and "," would have to be encoded (RFC 7489 section 6.2). */
static bool is_uri(struct span uri)
{
    struct span rest = uri, scheme;

    span_cut(&rest, ':', &scheme);
    if (rest.ptr == NULL || !is_scheme(scheme))
        return false;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] <= ' ' || rest.ptr[i] > '~' || is_one_of("\"<>\\^`{|}!,", rest.ptr[i]))
            return false;
    return rest.len > 0;
}

/* "10m": 10 times 2^20. */
static bool read_limit(struct span text, uint64_t *bytes_r)
{
    static const char units[] = "kmgt";
    const char *unit = NULL;

    if (text.len > 0)
        unit = memchr(units, text.ptr[text.len - 1] | 0x20, sizeof units - 1);
    if (unit != NULL)
        text.len--;
    if (text.len > DIGITS_MAX || !span_to_u64(text, UINT64_MAX >> 41, bytes_r))
        return false;
    if (unit != NULL)
        *bytes_r <<= 10 * (unit - units + 1);
    return true;
}

static bool read_uri(struct span text, struct dmarc_uri *uri_r)
{
    struct span limit = text;

    *uri_r = (struct dmarc_uri){.max_bytes = 0};
    span_cut(&limit, '!', &uri_r->uri);
    return is_uri(uri_r->uri) && (limit.ptr == NULL || read_limit(limit, &uri_r->max_bytes));
}

bool dmarc_uri_next(struct span *rest, struct dmarc_uri *uri_r)
{
    struct span piece;

    while (tags_piece(rest, ',', &piece))
        if (read_uri(piece, uri_r))
            return true;
    return false;
}

bool dmarc_uri_any(struct span list)
{
    struct dmarc_uri uri;

    return list.ptr != NULL && dmarc_uri_next(&list, &uri);
}

static bool unescape(struct span text, struct str *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            if (text.len - i < 3 || !hash_unhex(span_from(text.ptr + i + 1, 2), &c, 1))
                return false;
            i += 2;
        }
        if ((unsigned char)c <= ' ' || c == 0x7f)
            return false;
        str_addc(out, c);
    }
    return true;
}

bool dmarc_uri_address(const struct dmarc_uri *uri, struct str *out)
{
    static const struct span scheme = {"mailto:", 7};
    size_t before = out->len;
    struct span rest, address;

    if (!span_istarts(uri->uri, scheme))
        return false;
    rest = span_from(uri->uri.ptr + scheme.len, uri->uri.len - scheme.len);
    span_cut(&rest, '?', &address);
    if (unescape(address, out) && out->len > before &&
        memchr(out->ptr + before, '@', out->len - before) != NULL)
        return true;
    str_truncate(out, before);
    return false;
}
