/* mime_flow.c - puts lines together again that were cut on the way. */
#include "milter/inspect/mime_flow.h"

/* How long the line end at the front is; 0: there is none. */
static size_t line_end(struct span at)
{
    return span_starts(at, SPAN("\r\n")) ? 2 : span_starts(at, SPAN("\n")) ? 1 : 0;
}

/* Takes a fold or an escape off the front; false: it is neither. */
static bool take_fold(struct str *out, struct span *rest)
{
    size_t end = line_end(*rest);

    if (end > 0 && end < rest->len && (rest->ptr[end] == ' ' || rest->ptr[end] == '\t')) {
        *rest = span_skip(*rest, end + 1);
        return true;
    }
    if (rest->len < 2 || *rest->ptr != '\\' || memchr("nN,;\\", rest->ptr[1], 5) == NULL)
        return false;
    str_addc(out, (rest->ptr[1] | 0x20) == 'n' ? '\n' : rest->ptr[1]);
    *rest = span_skip(*rest, 2);
    return true;
}

void flow_unfold(struct str *out, struct span text)
{
    while (text.len > 0) {
        if (take_fold(out, &text))
            continue;
        str_addc(out, *text.ptr);
        text = span_skip(text, 1);
    }
}

/* The quote marks of the next line, and the blank that keeps it from being taken for one. */
static struct span without_marks(struct span line)
{
    while (line.len > 0 && *line.ptr == '>')
        line = span_skip(line, 1);
    return span_starts(line, SPAN(" ")) ? span_skip(line, 1) : line;
}

void flow_join(struct str *out, struct span text)
{
    while (text.len > 0) {
        size_t end = *text.ptr == ' ' ? line_end(span_skip(text, 1)) : 0;

        if (end > 0) {
            text = without_marks(span_skip(text, 1 + end));
            continue;
        }
        str_addc(out, *text.ptr);
        text = span_skip(text, 1);
    }
}
