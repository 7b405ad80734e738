/* Authentication-Results: reading the authserv-id as RFC 8601 section 2.2 writes it, and suspecting what does not read so. */
#include "mail/authres.h"

#include "mail/domain.h"

struct scan {
    struct span rest;
    bool is_broken;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct scan *scan, size_t len)
{
    scan->rest = span_from(scan->rest.ptr + len, scan->rest.len - len);
}

/* The length of a comment at the front, nested ones and quoted-pairs included; 0 when it is too deep or not closed. */
static size_t comment_length(struct span s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '(' && ++depth > AUTHRES_COMMENT_MAX)
            return 0;
        else if (s.ptr[i] == ')' && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* CFWS of RFC 5322 section 3.2.2, bare line ends included. */
static void skip_cfws(struct scan *scan)
{
    while (scan->rest.len > 0) {
        size_t len = is_blank(scan->rest.ptr[0]) ? 1 : 0;

        if (scan->rest.ptr[0] == '(') {
            len = comment_length(scan->rest);
            scan->is_broken |= len == 0;
        }
        if (len == 0)
            return;
        skip(scan, len);
    }
}

/* RFC 2045 section 5.1; 8-bit bytes for internationalised ids (RFC 8601 section 2.2). */
static bool is_token_byte(char c)
{
    return (unsigned char)c >= 0x80 ||
           (c > 0x20 && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL);
}

static struct span take_token(struct scan *scan)
{
    size_t len = 0;
    struct span token;

    while (len < scan->rest.len && is_token_byte(scan->rest.ptr[len]))
        len++;
    token = span_from(scan->rest.ptr, len);
    skip(scan, len);
    return token;
}

/* The inside of a quoted-string at the front, quoted-pairs and all. */
static struct span take_quoted(struct scan *scan)
{
    for (size_t i = 1; i < scan->rest.len; i++) {
        struct span inside = span_from(scan->rest.ptr + 1, i - 1);

        if (scan->rest.ptr[i] == '\\') {
            i++;
        } else if (scan->rest.ptr[i] == '"') {
            skip(scan, i + 1);
            return inside;
        }
    }
    scan->is_broken = true;
    return span_from("", 0);
}

/* Is what follows the id the end, a ";" or a version and then one of these? */
static bool is_followed_well(struct scan *scan)
{
    skip_cfws(scan);
    while (scan->rest.len > 0 && scan->rest.ptr[0] >= '0' && scan->rest.ptr[0] <= '9')
        skip(scan, 1);
    skip_cfws(scan);
    return !scan->is_broken && (scan->rest.len == 0 || scan->rest.ptr[0] == ';');
}

static bool read_id(struct span value, struct span *id_r)
{
    struct scan scan = {value, false};

    skip_cfws(&scan);
    if (scan.rest.len == 0)
        return false;
    *id_r = scan.rest.ptr[0] == '"' ? take_quoted(&scan) : take_token(&scan);
    return id_r->len > 0 && is_followed_well(&scan);
}

/* What an eager reader may see of s: no blanks, quotes, backslashes, controls and 8-bit bytes, lower case; without comments
 * when wanted, else without their parentheses. At most AUTHRES_HEAD_MAX bytes. After AUTHRES_COMMENT_MAX parentheses that
 * open no comment none is looked for: each search reads to the end of s. */
static size_t squeeze(struct span s, bool with_comments, char out[AUTHRES_HEAD_MAX])
{
    size_t len = 0, broken = 0;

    for (size_t i = 0; i < s.len && len < AUTHRES_HEAD_MAX; i++) {
        char c = s.ptr[i];

        if (c == '(' && !with_comments && broken < AUTHRES_COMMENT_MAX) {
            size_t comment = comment_length(span_from(s.ptr + i, s.len - i));

            i += comment > 0 ? comment - 1 : 0;
            broken += comment == 0;
        } else if (c > 0x20 && c < 0x7f && strchr("()\"\\", c) == NULL) {
            out[len++] = lower(c);
        }
    }
    return len;
}

static bool is_same_id(struct span found, struct span id)
{
    char a[DOMAIN_SIZE], b[DOMAIN_SIZE];
    char squeezed[AUTHRES_HEAD_MAX];
    size_t len = squeeze(found, true, squeezed);

    if (span_iequal(span_from(squeezed, len), id))
        return true;
    if (span_ends(span_from(squeezed, len), SPAN(".")) &&
        span_iequal(span_from(squeezed, len - 1), id))
        return true;
    return domain_normalize(found, a) && domain_normalize(id, b) && strcmp(a, b) == 0;
}

static bool occurs(struct span value, struct span id)
{
    char head[AUTHRES_HEAD_MAX], wanted[AUTHRES_HEAD_MAX];
    struct span what = span_from(wanted, squeeze(id, true, wanted));
    size_t at;

    if (span_find(span_from(head, squeeze(value, false, head)), what, &at) ||
        span_find(span_from(head, squeeze(value, true, head)), what, &at))
        return true;
    return span_starts(span_from(head, squeeze(value, false, head)), SPAN("=?"));
}

bool authres_claims(struct span value, const struct span *ids, size_t count)
{
    struct span found;
    bool is_read;

    if (value.len > AUTHRES_VALUE_MAX)
        value.len = AUTHRES_VALUE_MAX;
    is_read = read_id(value, &found);
    for (size_t i = 0; i < count; i++)
        if (is_read ? is_same_id(found, ids[i]) : occurs(value, ids[i]))
            return true;
    return false;
}
