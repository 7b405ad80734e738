/* html_raw.c - the end of a comment, of a script, of a title. */
#include "milter/inspect/html_raw.h"
#include "milter/inspect/html.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum script_state {
    SCRIPT_PLAIN,
    SCRIPT_ESCAPED,        /* behind "<!--" */
    SCRIPT_DOUBLY_ESCAPED, /* and behind "<script" there: one end tag is none */
};

/* noscript is not here: mail programs run no scripts. */
static const char *const raw_names[] = {
    "iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp",
};

bool html_is_raw(struct span name)
{
    size_t at;

    return html_name_find(raw_names, COUNT_OF(raw_names), name, &at);
}

bool html_comment_end(struct span inside, size_t *len_r, size_t *mark_r)
{
    const char *at = inside.ptr, *end = inside.ptr + inside.len;

    *len_r = 0;
    *mark_r = span_starts(inside, SPAN(">")) ? 1 : span_starts(inside, SPAN("->")) ? 2 : 0;
    while (*mark_r == 0) {
        struct span rest;

        at = at < end ? memchr(at, '-', (size_t)(end - at)) : NULL;
        if (at == NULL) {
            *len_r = inside.len;
            return false;
        }
        rest = span_from(at, (size_t)(end - at));
        *len_r = (size_t)(at++ - inside.ptr);
        *mark_r = span_starts(rest, SPAN("-->")) ? 3 : span_starts(rest, SPAN("--!>")) ? 4 : 0;
    }
    return true;
}

/* "<script" or "</script", and what ends a name. */
static bool is_tag(struct span at, bool is_end, struct span name)
{
    size_t len = is_end ? 2 : 1;

    return at.len > len + name.len && (!is_end || at.ptr[1] == '/') &&
           span_iequal(span_from(at.ptr + len, name.len), name) &&
           memchr(" \t\n\f\r/>", at.ptr[len + name.len], 7) != NULL;
}

static enum script_state next_state(enum script_state state, struct span at)
{
    if (*at.ptr == '-')
        return span_starts(at, SPAN("-->")) ? SCRIPT_PLAIN : state;
    if (state == SCRIPT_PLAIN && span_starts(at, SPAN("<!--")))
        return SCRIPT_ESCAPED;
    if (state == SCRIPT_ESCAPED && is_tag(at, false, SPAN("script")))
        return SCRIPT_DOUBLY_ESCAPED;
    if (state == SCRIPT_DOUBLY_ESCAPED && is_tag(at, true, SPAN("script")))
        return SCRIPT_ESCAPED;
    return state;
}

/* How long the element's text is: up to its end tag, or all there is. */
static size_t raw_len(struct span rest, struct span name)
{
    bool is_script = span_iequal(name, SPAN("script"));
    enum script_state state = SCRIPT_PLAIN;

    if (span_iequal(name, SPAN("plaintext")))
        return rest.len;
    for (size_t i = 0; i < rest.len; i++) {
        struct span at = span_skip(rest, i);

        if (*at.ptr == '<' && state != SCRIPT_DOUBLY_ESCAPED && is_tag(at, true, name))
            return i;
        if (is_script && (*at.ptr == '<' || *at.ptr == '-'))
            state = next_state(state, at);
    }
    return rest.len;
}

struct span html_raw_take(struct span *rest, struct span name, bool *is_unclosed_r)
{
    struct span text = span_from(rest->ptr, raw_len(*rest, name));

    *is_unclosed_r = text.len == rest->len;
    *rest = span_from(rest->ptr + text.len, rest->len - text.len);
    return text;
}
