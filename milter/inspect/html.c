/* html.c - where a browser sees text, tags and comments. */
#include "milter/inspect/html.h"

#include <stdlib.h>

#include "milter/inspect/html_raw.h"

#define NAME_MAX_LEN 16 /* of the names in our tables; no longer one is in any */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool html_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool ends_name(char c)
{
    return html_is_blank(c) || c == '/' || c == '>';
}

struct span html_skip_blanks(struct span s)
{
    while (s.len > 0 && html_is_blank(*s.ptr))
        s = span_skip(s, 1);
    return s;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

bool html_name_find(const char *const *names, size_t count, struct span name, size_t *at_r)
{
    char lower[NAME_MAX_LEN + 1];
    const char *const *hit;

    if (name.len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '\0')
            return false;
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    lower[name.len] = '\0';
    hit = bsearch(lower, names, count, sizeof *names, compare_names);
    if (hit != NULL)
        *at_r = (size_t)(hit - names);
    return hit != NULL;
}

/* The value in quotes, or up to a blank or ">". */
static struct span take_value(struct span *rest)
{
    struct span value = *rest;
    const char *end;

    if (value.len > 0 && (*value.ptr == '"' || *value.ptr == '\'')) {
        value = span_skip(value, 1);
        end = value.len > 0 ? memchr(value.ptr, value.ptr[-1], value.len) : NULL;
        if (end != NULL) {
            value.len = (size_t)(end - value.ptr);
            *rest = span_skip(*rest, value.len + 2);
            return value;
        }
        /* Happens once for each kind of quote: there is none behind it, or it had ended. */
        end = value.len > 0 ? memchr(value.ptr, '>', value.len) : NULL;
        if (end != NULL)
            value.len = (size_t)(end - value.ptr);
        *rest = span_skip(*rest, value.len + 1);
        return value;
    }
    value.len = 0;
    while (value.len < rest->len && !html_is_blank(rest->ptr[value.len]) &&
           rest->ptr[value.len] != '>')
        value.len++;
    *rest = span_skip(*rest, value.len);
    return value;
}

bool html_attribute_next(struct span *body, struct html_attribute *attribute_r)
{
    struct span rest = *body, after;
    size_t len = 1; /* a "=" at the front is part of the name */

    while (rest.len > 0 && (html_is_blank(*rest.ptr) || *rest.ptr == '/'))
        rest = span_skip(rest, 1);
    *body = rest;
    if (rest.len == 0 || *rest.ptr == '>')
        return false;
    while (len < rest.len && !ends_name(rest.ptr[len]) && rest.ptr[len] != '=')
        len++;
    attribute_r->name = span_from(rest.ptr, len);
    attribute_r->value = span_from(rest.ptr + len, 0);
    rest = span_skip(rest, len);
    after = html_skip_blanks(rest);
    if (after.len > 0 && *after.ptr == '=') {
        rest = html_skip_blanks(span_skip(after, 1));
        attribute_r->value = take_value(&rest);
    }
    *body = rest;
    return true;
}

/* "<name ...>" or "</name ...>"; at: from the name on. */
static void take_tag(struct html *html, struct span at, struct html_token *token)
{
    struct html_attribute attribute;
    struct span rest;
    size_t len = 0;

    while (len < at.len && !ends_name(at.ptr[len]))
        len++;
    token->name = span_from(at.ptr, len);
    rest = span_skip(at, len);
    token->body = rest;
    while (html_attribute_next(&rest, &attribute))
        ; /* ends: each takes one byte at least */
    token->body.len -= rest.len;
    token->is_unclosed = rest.len == 0;
    html->rest = token->is_unclosed ? rest : span_skip(rest, 1);
    if (token->kind == HTML_START && !html->is_flat && html_is_raw(token->name))
        html->raw = token->name;
}

/* Up to the end mark, or to the end of the page. */
static void take_comment(struct html *html, struct span inside, struct html_token *token)
{
    size_t len, mark;

    token->is_unclosed = !html_comment_end(inside, &len, &mark);
    token->body = span_from(inside.ptr, len);
    html->rest = span_skip(inside, len + mark);
}

static void take_bogus(struct html *html, struct span inside, struct html_token *token)
{
    const char *end = inside.len > 0 ? memchr(inside.ptr, '>', inside.len) : NULL;

    token->is_unclosed = end == NULL;
    token->body = span_from(inside.ptr, end != NULL ? (size_t)(end - inside.ptr) : inside.len);
    html->rest = span_skip(inside, token->body.len + (end != NULL));
}

static bool begins_comment(struct span at)
{
    return span_starts(at, SPAN("<!")) || span_starts(at, SPAN("<?")) ||
           (at.len > 2 && span_starts(at, SPAN("</")) && !is_letter(at.ptr[2]));
}

/* How much of it is passed over where comments are none. */
static size_t mark_len(struct span at)
{
    static const struct span marks[] = {{"<!--", 4}, {"<![endif]", 9}};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (span_istarts(at, marks[i]))
            return marks[i].len;
    return 2;
}

/* What "<" at the front begins; false when it is a letter of the text. */
static bool take_markup(struct html *html, struct html_token *token)
{
    struct span at = html->rest;
    char next = at.len > 1 ? at.ptr[1] : '\0';

    token->kind = HTML_START;
    if (is_letter(next)) {
        take_tag(html, span_skip(at, 1), token);
        return true;
    }
    if (next == '/' && at.len > 2 && is_letter(at.ptr[2])) {
        token->kind = HTML_END;
        take_tag(html, span_skip(at, 2), token);
        return true;
    }
    if (!begins_comment(at))
        return false;
    token->kind = HTML_COMMENT;
    if (next == '?' || span_istarts(at, SPAN("<!doctype")))
        token->kind = HTML_DECLARATION;
    if (span_starts(at, SPAN("<!--")))
        take_comment(html, span_skip(at, 4), token);
    else
        take_bogus(html, span_skip(at, 2), token);
    return true;
}

static bool begins_markup(struct span at)
{
    return (at.len > 1 && is_letter(at.ptr[1])) || begins_comment(at) ||
           (at.len > 2 && at.ptr[1] == '/' && is_letter(at.ptr[2]));
}

/* The text up to the next "<" that begins something. */
static void take_text(struct html *html, struct html_token *token)
{
    struct span rest = html->rest;
    const char *at = rest.ptr, *end = rest.ptr + rest.len;

    do
        at = memchr(at + 1, '<', (size_t)(end - at - 1));
    while (at != NULL && !begins_markup(span_from(at, (size_t)(end - at))));
    token->kind = HTML_TEXT;
    token->body = span_from(rest.ptr, (size_t)((at != NULL ? at : end) - rest.ptr));
    html->rest = span_skip(rest, token->body.len);
}

void html_begin(struct html *html, struct span page, bool is_flat)
{
    *html = (struct html){.rest = page, .is_flat = is_flat};
}

bool html_next(struct html *html, struct html_token *token_r)
{
    *token_r = (struct html_token){.kind = HTML_RAW, .name = html->raw};
    if (html->raw.len > 0) {
        token_r->body = html_raw_take(&html->rest, html->raw, &token_r->is_unclosed);
        html->raw.len = 0;
        return true;
    }
    while (html->is_flat && begins_comment(html->rest))
        html->rest = span_skip(html->rest, mark_len(html->rest));
    if (html->rest.len == 0)
        return false;
    if (*html->rest.ptr != '<' || !take_markup(html, token_r))
        take_text(html, token_r);
    return true;
}
