/* html_code.c - links in CSS and scripts, through their escapes. */
#include "base/str.h"
#include "base/utf8.h"
#include "mail/url.h"
#include "milter/inspect/html.h"
#include "milter/inspect/html_places.h"

#define CSS_DIGITS_MAX 6

/* Up to most hexadecimal digits at the front of *at. */
static size_t read_hex(struct span at, size_t most, uint32_t *code_r)
{
    size_t len = 0;

    for (*code_r = 0; len < at.len && len < most && hex_value(at.ptr[len]) >= 0; len++)
        *code_r = *code_r << 4 | (uint32_t)hex_value(at.ptr[len]);
    return len;
}

/* What stands behind a backslash: "x68" and "u0068" of scripts, "68 " of CSS, or the character itself. Never more bytes than it was. */
static size_t add_escaped(struct str *out, struct span at)
{
    bool is_x = at.len > 2 && *at.ptr == 'x' && hex_value(at.ptr[1]) >= 0;
    bool is_u = at.len > 4 && *at.ptr == 'u' && hex_value(at.ptr[1]) >= 0;
    size_t skip = is_x || is_u, len;
    uint32_t code;
    char bytes[4];

    len = read_hex(span_skip(at, skip), is_x ? 2 : is_u ? 4 : CSS_DIGITS_MAX, &code);
    if (len == 0) {
        str_addc(out, *at.ptr);
        return 1;
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        code = '?';
    str_add(out, span_from(bytes, utf8_put(code, bytes)));
    len += skip;
    return skip == 0 && len < at.len && html_is_blank(at.ptr[len]) ? len + 1 : len;
}

static void unescape(struct str *out, struct span code)
{
    size_t at;

    while (span_find(code, SPAN("\\"), &at)) {
        str_add(out, span_from(code.ptr, at));
        code = span_from(code.ptr + at + 1, code.len - at - 1);
        if (code.len > 0) {
            size_t len = add_escaped(out, code);
            code = span_skip(code, len);
        }
    }
    str_add(out, code);
}

static bool ends_link(char c)
{
    return (unsigned char)c <= ' ' || memchr("\"'`()<>", c, 7) != NULL;
}

static struct span link_from(struct span code, size_t start, size_t at)
{
    while (at < code.len && at - start < URL_TEXT_MAX && !ends_link(code.ptr[at]))
        at++;
    return span_from(code.ptr + start, at - start);
}

static bool is_scheme_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Where the link begins whose "//" stands at `at`, not before least; false: it is a comment or a path. */
static bool find_start(struct span code, size_t least, size_t at, size_t *start_r)
{
    size_t start = at;

    if (start > least && code.ptr[start - 1] == ':') {
        for (start--; start > least && at - start <= URL_SCHEME_MAX; start--)
            if (!is_scheme_char(code.ptr[start - 1]))
                break;
        *start_r = start;
        return start < at - 1;
    }
    while (start > least && html_is_blank(code.ptr[start - 1]))
        start--;
    *start_r = at;
    return start > 0 && memchr("\"'`(=", code.ptr[start - 1], 5) != NULL;
}

/* Linear: nothing before the end of the last one is looked at again. */
static void add_slashed(struct links *links, struct span code)
{
    size_t least = 0, at, start;

    while (span_find(span_skip(code, least), SPAN("//"), &at)) {
        struct span link = {NULL, 0};

        at += least;
        if (find_start(code, least, at, &start)) {
            link = link_from(code, start, at + 2);
            links_add(links, link, span_from("", 0));
        }
        least = link.len > 0 ? start + link.len : at + 2;
    }
}

static bool ends_argument(char c)
{
    return c == '\n' || memchr("\"'()", c, 4) != NULL;
}

/* "url(" without "//", which add_slashed finds: "url(http:/host)". */
static void add_argument(struct links *links, struct span argument)
{
    struct url url;
    size_t at;

    if (!span_find(argument, SPAN("//"), &at) && url_read(argument, &url))
        links_add(links, argument, span_from("", 0));
}

static void add_arguments(struct links *links, struct span code)
{
    size_t at;

    while (span_find(code, SPAN("("), &at)) {
        bool is_url = at >= 3 && span_iequal(span_from(code.ptr + at - 3, 3), SPAN("url"));
        size_t len = 0;

        code = span_from(code.ptr + at + 1, code.len - at - 1);
        if (!is_url)
            continue;
        while (code.len > 0 &&
               (html_is_blank(*code.ptr) || *code.ptr == '"' || *code.ptr == '\''))
            code = span_skip(code, 1);
        while (len < code.len && len < URL_TEXT_MAX && !ends_argument(code.ptr[len]))
            len++;
        add_argument(links, span_from(code.ptr, len));
        code = span_skip(code, len);
    }
}

void places_in_code(struct links *links, struct span code)
{
    struct str plain = STR_EMPTY;
    size_t at;

    if (span_find(code, SPAN("\\"), &at)) {
        unescape(&plain, code);
        code = str_span(&plain);
    }
    add_slashed(links, code);
    add_arguments(links, code);
    str_clear(&plain);
}
