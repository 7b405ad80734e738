/* mime_params.c - reads the parameters of a Content-* header as a lenient program would (RFC 2045 section 5.1, RFC 2231). */
#include "milter/inspect/mime_params.h"

#define COMMENT_DEPTH_MAX 20
#define TOKEN_ENDS        " \t()<>@,;:\\\"/[]?=*" /* RFC 2045 section 5.1, and * of RFC 2231 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_one_of(char c, const char *bytes)
{
    return memchr(bytes, c, strlen(bytes)) != NULL; /* NUL is none */
}

static struct span skip(struct span s, size_t len)
{
    return span_skip(s, len);
}

/* Past a comment (RFC 5322 section 3.2.2) that begins here; an unclosed one ends the text. */
static struct span skip_comment(struct span s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '(' && depth < COMMENT_DEPTH_MAX)
            depth++;
        else if (s.ptr[i] == ')' && --depth == 0)
            return skip(s, i + 1);
    }
    return skip(s, s.len);
}

/* Past blanks, comments and the bytes of `also`. */
static struct span skip_blanks(struct span s, const char *also)
{
    for (;;) {
        while (s.len > 0 && (is_blank(*s.ptr) || is_one_of(*s.ptr, also)))
            s = skip(s, 1);
        if (s.len == 0 || *s.ptr != '(')
            return s;
        s = skip_comment(s);
    }
}

/* Up to one of the bytes in `ends`. */
static struct span until(struct span s, const char *ends)
{
    size_t len = 0;

    while (len < s.len && !is_one_of(s.ptr[len], ends))
        len++;
    return span_from(s.ptr, len);
}

/* A quoted value: *rest stands on the quote and gets what follows. Backslashes are undone as RFC 822 has it. */
static struct span take_quoted(struct arena *arena, struct span *rest, bool *is_odd_r)
{
    char *text = arena_alloc(arena, rest->len);
    size_t len = 0, i = 1;

    for (; i < rest->len && rest->ptr[i] != '"'; i++) {
        if (rest->ptr[i] == '\\' && i + 1 < rest->len)
            i++;
        text[len++] = rest->ptr[i];
    }
    *is_odd_r |= i >= rest->len;
    *rest = skip(*rest, i < rest->len ? i + 1 : rest->len);
    return span_from(text, len);
}

static void take_value(struct arena *arena, struct span *rest, struct param *param,
                       bool *is_odd_r)
{
    struct span after;

    *rest = skip_blanks(*rest, ""); /* a ; ends a value that is empty */
    if (rest->len > 0 && *rest->ptr == '"') {
        param->value = param->shorter = take_quoted(arena, rest, is_odd_r);
        after = span_trim(until(*rest, ";"));
        *is_odd_r |= after.len > 0 && *after.ptr != '(';
    } else {
        param->value = span_trim(until(*rest, ";"));
        param->shorter = until(param->value, TOKEN_ENDS);
    }
    *rest = skip(*rest, until(*rest, ";").len);
}

/* "filename*1*" is filename, section 1, extended. */
static void split_name(struct arena *arena, struct span written, struct param *param)
{
    struct span name = arena_span(arena, span_trim(written));
    char *text = (char *)(uintptr_t)name.ptr;
    uint64_t section;
    const char *star;

    for (size_t i = 0; i < name.len; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] + ('a' - 'A'));
    param->section = -1;
    if (span_ends(name, SPAN("*"))) {
        param->is_extended = true;
        name.len--;
    }
    star = name.len > 0 ? memchr(name.ptr, '*', name.len) : NULL;
    if (star != NULL &&
        span_to_u64(skip(name, (size_t)(star + 1 - name.ptr)), PARAM_SECTIONS_MAX, &section)) {
        param->section = (int)section;
        name.len = (size_t)(star - name.ptr);
    }
    param->name = span_trim(name);
}

static bool take_param(struct arena *arena, struct span *rest, struct field *field)
{
    struct param *param = &field->params[field->count];
    struct span name;

    *rest = skip_blanks(*rest, ";");
    if (rest->len == 0)
        return false;
    name = until(*rest, "=;");
    *rest = skip(*rest, name.len);
    if (rest->len == 0 || *rest->ptr == ';') {
        field->is_odd |= name.len > 0;
        return true;
    }
    *rest = skip(*rest, 1);
    *param = (struct param){.section = -1};
    split_name(arena, name, param);
    take_value(arena, rest, param, &field->is_odd);
    field->count++;
    return true;
}

void params_read(struct arena *arena, struct span text, size_t limit, struct field *field_r)
{
    struct span rest = text;

    *field_r = (struct field){.head = span_trim(until(text, ";"))};
    field_r->params = arena_array(arena, limit + 1, sizeof *field_r->params);
    rest = skip(rest, until(rest, ";").len);
    for (size_t i = 0; field_r->count < limit; i++)
        if (i > 2 * limit || !take_param(arena, &rest, field_r))
            break;
    field_r->is_too_long = skip_blanks(rest, ";").len > 0;
}
