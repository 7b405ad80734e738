/* mime_scan.c - one pass over the lines before the parser gets them: what would cost it too much is cut off here. */
#include "milter/inspect/mime_state.h"

/* The parser makes an object of each boundary line, so there are bounds on lines that may be one. Text and patches hold such
 * lines too: hence so many. */
#define DASH_LINES_PER_PART 10
#define DASH_LINES_MORE     10000

/* Fields whose parsing costs more than their bytes, and what in them is counted. In the text of a message such lines do no harm. */
static const struct weighed {
    const char *name; /* lower case; with - at its end: all that begin so */
    char counted;
    const char *why;
} weighed[] = {
    {"content-", ';', "too many parameters"},
    /* GMime reads groups of addresses by recursion, without a limit. */
    {"from", ':', "too many groups of addresses"},
    {"sender", ':', "too many groups of addresses"},
    {"reply-to", ':', "too many groups of addresses"},
    {"to", ':', "too many groups of addresses"},
    {"cc", ':', "too many groups of addresses"},
    {"bcc", ':', "too many groups of addresses"},
    {"resent-", ':', "too many groups of addresses"},
    {"disposition-notification-to", ':', "too many groups of addresses"},
    {"autocrypt", ';', "too many parameters"},
};

/* Lines that may be headers of a part: between a boundary line and the next empty one. */
#define HEADER_LINES_PER_PART 25
#define HEADERS_TOGETHER      64 /* times the limit of one */

struct scan {
    struct mime_state *s;
    size_t dash_lines, dash_limit, header_lines, header_limit;
    size_t header_bytes; /* of all these lines */
    bool is_header;
    bool is_message_next; /* when this header ends that of a message may begin */
    bool is_digest;       /* parts without a type may be messages (RFC 2046 section 5.1.5) */
};

/* The field that begins here: its line and those that continue it. Over a limit gives the reason. */
static const char *weigh_field(const struct scan *scan, const struct weighed *row,
                               struct span rest)
{
    const struct wire_limits *limits = &scan->s->request->limits;
    size_t counted = 0;

    for (size_t at = 0; at < rest.len; at++) {
        char next = at + 1 < rest.len ? rest.ptr[at + 1] : '\n';
        counted += rest.ptr[at] == row->counted;
        if (at > limits->header_bytes)
            return "a header is too large";
        if (counted > limits->parameters)
            return row->why;
        if (rest.ptr[at] == '\n' && next != ' ' && next != '\t')
            break;
    }
    return NULL;
}

/* "Name:" or "Name :" in any case. */
static bool is_field(const struct weighed *row, struct span line)
{
    struct span name = span_of(row->name);
    size_t at = name.len;

    if (!span_istarts(line, name))
        return false;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    return name.ptr[name.len - 1] == '-' || (at < line.len && line.ptr[at] == ':');
}

static bool is_empty_line(struct span rest)
{
    return *rest.ptr == '\n' || (*rest.ptr == '\r' && rest.len > 1 && rest.ptr[1] == '\n');
}

static struct span line_of(struct span rest)
{
    struct span line;

    span_cut(&rest, '\n', &line);
    return line;
}

static void follow_header(struct scan *scan, struct span rest, bool is_dash)
{
    bool is_empty = is_empty_line(rest);
    struct span line;
    size_t at;

    scan->is_header = is_dash || (is_empty ? scan->is_message_next : scan->is_header);
    if (is_dash || is_empty)
        scan->is_message_next = is_dash && scan->is_digest;
    if (!scan->is_header && (*rest.ptr | 0x20) != 'c')
        return;
    line = line_of(rest);
    scan->header_bytes += scan->is_header ? line.len : 0;
    scan->is_message_next |=
        span_istarts(line, SPAN("Content-Type")) && span_find(line, SPAN("essage"), &at);
    scan->is_digest |=
        span_istarts(line, SPAN("Content-Type")) && span_find(line, SPAN("igest"), &at);
}

static const char *weigh_line(struct scan *scan, struct span rest)
{
    bool is_dash = rest.len > 2 && rest.ptr[0] == '-' && rest.ptr[1] == '-';

    if (is_dash && ++scan->dash_lines > scan->dash_limit)
        return "too many parts";
    follow_header(scan, rest, is_dash);
    if (scan->is_header && !is_dash && ++scan->header_lines > scan->header_limit)
        return "too many headers";
    if (scan->header_bytes / HEADERS_TOGETHER > scan->s->request->limits.header_bytes)
        return "headers are too large";
    for (size_t i = 0; i < sizeof weighed / sizeof *weighed; i++)
        if ((*rest.ptr | 0x20) == weighed[i].name[0] && is_field(&weighed[i], rest))
            return weigh_field(scan, &weighed[i], rest);
    return NULL;
}

size_t mime_scan(struct mime_state *s, struct span message)
{
    struct scan scan = {.s = s};
    struct span rest = message;

    scan.header_limit =
        (size_t)s->request->limits.parts * HEADER_LINES_PER_PART + s->request->limits.headers;
    scan.dash_limit = (size_t)s->request->limits.parts * DASH_LINES_PER_PART + DASH_LINES_MORE;
    /* RFC 5322 section 2.2 and RFC 2045 section 2.8: only "binary" may hold NUL, which mail does not carry. */
    if (message.len > 0 && memchr(message.ptr, '\0', message.len) != NULL)
        s->is_broken = true;
    while (rest.len > 0) {
        const char *reason = weigh_line(&scan, rest);
        const char *end = memchr(rest.ptr, '\n', rest.len);
        if (reason != NULL) {
            mime_incomplete(s, reason);
            return message.len - rest.len;
        }
        if (end == NULL)
            break;
        rest = span_from(end + 1, rest.len - (size_t)(end + 1 - rest.ptr));
    }
    return message.len;
}
