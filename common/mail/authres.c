/* Authentication-Results: reading the authserv-id as RFC 8601 section 2.2 writes it, and suspecting what does not read so. */
#include "mail/authres.h"

#include "mail/authres_scan.h"
#include "mail/domain.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Is what follows the id the end, a ";" or a version and then one of these? */
static bool is_followed_well(struct authres_scan *scan)
{
    authres_skip_cfws(scan);
    while (scan->rest.len > 0 && scan->rest.ptr[0] >= '0' && scan->rest.ptr[0] <= '9')
        authres_skip(scan, 1);
    authres_skip_cfws(scan);
    return !scan->is_broken && (scan->rest.len == 0 || scan->rest.ptr[0] == ';');
}

static bool read_id(struct span value, struct span *id_r)
{
    struct authres_scan scan = {value, false};

    authres_skip_cfws(&scan);
    if (scan.rest.len == 0)
        return false;
    *id_r = scan.rest.ptr[0] == '"' ? authres_quoted(&scan) : authres_token(&scan);
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
            size_t comment = authres_comment(span_skip(s, i));

            i += comment > 0 ? comment - 1 : 0;
            broken += comment == 0;
        } else if (c > 0x20 && c < 0x7f && strchr("()\"\\", c) == NULL) {
            out[len++] = lower(c);
        }
    }
    return len;
}

/* A final dot is no difference. */
static struct span without_dot(struct span id)
{
    return span_ends(id, SPAN(".")) ? span_from(id.ptr, id.len - 1) : id;
}

static bool is_one_of(struct span found, const struct span *ids, size_t count)
{
    char normal[DOMAIN_SIZE], squeezed[AUTHRES_HEAD_MAX];
    struct span bare = without_dot(span_from(squeezed, squeeze(found, true, squeezed)));
    bool is_domain = domain_normalize(found, normal);

    for (size_t i = 0; i < count; i++) {
        struct span id = without_dot(ids[i]);
        if (span_iequal(bare, id) || (is_domain && span_iequal(span_of(normal), id)))
            return true;
    }
    return false;
}

static bool occurs(struct span value, const struct span *ids, size_t count)
{
    char plain[AUTHRES_HEAD_MAX], commented[AUTHRES_HEAD_MAX], wanted[AUTHRES_HEAD_MAX];
    struct span without = span_from(plain, squeeze(value, false, plain));
    struct span with = span_from(commented, squeeze(value, true, commented));
    size_t at;

    for (size_t i = 0; i < count; i++) {
        struct span what = span_from(wanted, squeeze(ids[i], true, wanted));
        if (span_find(without, what, &at) || span_find(with, what, &at))
            return true;
    }
    return count > 0 && span_starts(without, SPAN("=?"));
}

/* What follows "i=N;"; value itself when it does not begin so. */
static struct span after_instance(struct span value)
{
    struct authres_scan scan = {value, false};

    authres_skip_cfws(&scan);
    if (!span_iequal(authres_token(&scan), SPAN("i")))
        return value;
    authres_skip_cfws(&scan);
    if (!authres_take(&scan, '='))
        return value;
    authres_skip_cfws(&scan);
    (void)authres_token(&scan);
    authres_skip_cfws(&scan);
    return authres_take(&scan, ';') && !scan.is_broken ? scan.rest : value;
}

bool authres_claims(struct span value, enum authres_kind kind, const struct span *ids,
                    size_t count)
{
    struct span found;

    if (value.len > AUTHRES_VALUE_MAX)
        value.len = AUTHRES_VALUE_MAX;
    if (kind == AUTHRES_OF_ARC)
        value = after_instance(value);
    return read_id(value, &found) ? is_one_of(found, ids, count) : occurs(value, ids, count);
}
