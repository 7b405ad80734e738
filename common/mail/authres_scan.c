/* authres_scan.c - blanks, comments, tokens and quoted-strings of Authentication-Results. */
#include "mail/authres_scan.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void authres_skip(struct authres_scan *scan, size_t len)
{
    scan->rest = span_from(scan->rest.ptr + len, scan->rest.len - len);
}

size_t authres_comment(struct span s)
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

void authres_skip_cfws(struct authres_scan *scan)
{
    while (scan->rest.len > 0) {
        size_t len = is_blank(scan->rest.ptr[0]) ? 1 : 0;

        if (scan->rest.ptr[0] == '(') {
            len = authres_comment(scan->rest);
            scan->is_broken |= len == 0;
        }
        if (len == 0)
            return;
        authres_skip(scan, len);
    }
}

bool authres_take(struct authres_scan *scan, char c)
{
    if (scan->rest.len == 0 || scan->rest.ptr[0] != c)
        return false;
    authres_skip(scan, 1);
    return true;
}

static bool is_token_byte(char c)
{
    return (unsigned char)c >= 0x80 ||
           (c > 0x20 && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL);
}

static size_t token_length(struct span s)
{
    size_t len = 0;

    while (len < s.len && is_token_byte(s.ptr[len]))
        len++;
    return len;
}

struct span authres_token(struct authres_scan *scan)
{
    struct span token = span_from(scan->rest.ptr, token_length(scan->rest));

    authres_skip(scan, token.len);
    return token;
}

bool authres_is_token(struct span s)
{
    return s.len > 0 && token_length(s) == s.len;
}

struct span authres_quoted(struct authres_scan *scan)
{
    for (size_t i = 1; i < scan->rest.len; i++) {
        struct span inside = span_from(scan->rest.ptr + 1, i - 1);

        if (scan->rest.ptr[i] == '\\') {
            i++;
        } else if (scan->rest.ptr[i] == '"') {
            authres_skip(scan, i + 1);
            return inside;
        }
    }
    scan->is_broken = true;
    return span_from("", 0);
}
