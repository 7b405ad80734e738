/* mime_net.c - looks at the lines of the message itself for Content-Type and Content-Disposition: programs disagree on boundaries, line
 * ends and where a header ends, but a name stands somewhere in these bytes for all of them. */
#include "milter/inspect/mime_state.h"
#include "base/xalloc.h"

#define FIELDS_PER_PART 4 /* against the limit on parts */
#define FIELDS_MORE     1000
#define ODD_MAX         16 /* bytes between the field's name and its colon */
#define LINE_BYTES                                                                             \
    998 /* RFC 5322 section 2.1.1: Postfix breaks longer lines, so that they mean something else */
#define FIELD_NAME 20 /* bytes of it before the value, at most */

static const struct span fields[] = {{"Content-Disposition", 19}, {"Content-Type", 12}};

static struct span rest_of(struct span text, size_t from)
{
    return span_skip(text, from);
}

/* The value of a field that begins here, or len 0. */
static struct span field_at(struct span text)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t at = fields[i].len;
        if (!span_istarts(text, fields[i]))
            continue;
        while (at < text.len && at < fields[i].len + ODD_MAX && text.ptr[at] != ':' &&
               !g_ascii_isalnum(text.ptr[at]) && text.ptr[at] != '\n')
            at++;
        if (at < text.len && text.ptr[at] == ':')
            return rest_of(text, at + 1);
    }
    return (struct span){NULL, 0};
}

/* Does this line go on with the field of the line before? Some forget the blank in front. */
static bool continues(struct span line)
{
    return line.len > 0 &&
           (*line.ptr == ' ' || *line.ptr == '\t' || span_istarts(line, SPAN("filename")) ||
            span_istarts(line, SPAN("name")));
}

static bool is_end(char c)
{
    return c == '\r' || c == '\n';
}

/* The end of the field; *is_long_r: one of its lines is. */
static struct span field_extent(struct span text, size_t most, bool *is_long_r)
{
    size_t begin = 0, at = 0;

    *is_long_r = false;
    while (at < text.len && at <= most) {
        if (!is_end(text.ptr[at])) {
            at++;
            continue;
        }
        *is_long_r |= at - begin > LINE_BYTES - FIELD_NAME;
        begin = at;
        while (begin < text.len && begin - at < 3 && is_end(text.ptr[begin]))
            begin++;
        if (!continues(rest_of(text, begin)))
            return span_from(text.ptr, at);
        at = begin;
    }
    *is_long_r |= at - begin > LINE_BYTES - FIELD_NAME;
    return span_from(text.ptr, at);
}

void mime_net_saw(struct mime_state *s, const struct mime_names *names)
{
    s->has_uninspected_name |= names->uninspected != NULL;
    for (size_t i = 0; i < names->count; i++)
        g_hash_table_add(s->seen, (char *)(uintptr_t)names->values[i].text.ptr);
}

static bool is_all_seen(struct mime_state *s, const struct mime_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (!g_hash_table_contains(s->seen, names->values[i].text.ptr))
            return false;
    return true;
}

static void take_field(struct mime_state *s, struct span value, size_t offset, bool is_long)
{
    struct mime_names *names = xcalloc(1, sizeof *names);
    struct mime_part part = {.depth = 1};

    mime_names_read(s, names, value);
    if (is_long && names->count > 0)
        names->uninspected = "a header line that is longer than SMTP carries";
    if (!is_all_seen(s, names) || (names->uninspected != NULL && !s->has_uninspected_name)) {
        part.location = arena_printf(s->arena, "byte %zu", offset);
        s->is_ambiguous = true;
        mime_add_names(s, &part, names);
        mime_net_saw(s, names);
    }
    xfree(&names);
}

/* Every place where some program may see a line begin. */
void mime_net(struct mime_state *s, struct span message)
{
    const struct wire_limits *limits = &s->request->limits;
    size_t left = (size_t)limits->parts * FIELDS_PER_PART + FIELDS_MORE;
    bool is_start = true, is_long;

    for (size_t i = 0; i < message.len; i++) {
        char c = message.ptr[i];
        struct span value;
        if (!is_start || (c | 0x20) != 'c') {
            is_start =
                ((unsigned char)c < ' ' && c != '\t') || (is_start && (c == ' ' || c == '\t'));
            continue;
        }
        is_start = false;
        value = field_at(rest_of(message, i));
        if (value.ptr == NULL)
            continue;
        if (left-- == 0) {
            mime_incomplete(s, "too many parts");
            return;
        }
        if (s->incomplete != NULL || !mime_has_time(s))
            return; /* nobody will take it for clean */
        value = field_extent(value, limits->header_bytes, &is_long);
        take_field(s, value, i, is_long);
    }
}
