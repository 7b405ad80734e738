/* mime_uu.c - looks line by line for "begin 644 name" with a line of uuencoded data below it, and for "=ybegin". */
#include "milter/inspect/mime_uu.h"

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* "begin 644 name" (POSIX uuencode) */
static struct span uu_name(struct span line)
{
    size_t i = 6;

    if (!span_starts(line, SPAN("begin ")))
        return (struct span){"", 0};
    while (i < line.len && is_octal(line.ptr[i]))
        i++;
    if (i < 9 || i > 10 || i >= line.len || line.ptr[i] != ' ')
        return (struct span){"", 0};
    return span_trim(span_from(line.ptr + i, line.len - i));
}

/* The first letter says how many bytes the line holds: four letters for each three, at least. */
static bool is_uu_data(struct span line)
{
    size_t bytes;

    if (line.len == 0 || line.ptr[0] < ' ' || line.ptr[0] > '`')
        return false;
    bytes = (size_t)(line.ptr[0] - ' ') & 63;
    return bytes == 0 ? line.len <= 2 : line.len - 1 >= bytes * 4 / 3;
}

static struct span yenc_name(struct span line)
{
    size_t at;

    if (!span_starts(line, SPAN("=ybegin ")) || !span_find(line, SPAN(" name="), &at))
        return (struct span){"", 0};
    return span_trim(span_from(line.ptr + at + 6, line.len - at - 6));
}

static void end_line(struct uu_finder *f, void (*found)(void *ctx, struct span name), void *ctx)
{
    struct span line = span_from(f->line, f->len), name = yenc_name(line);

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (f->is_begun && is_uu_data(line))
        found(ctx, span_from(f->name, f->name_len));
    if (name.len > 0)
        found(ctx, name);
    name = uu_name(line);
    f->is_begun = name.len > 0;
    memcpy(f->name, name.ptr, name.len);
    f->name_len = name.len;
    f->len = 0;
}

void uu_feed(struct uu_finder *f, struct span text, void (*found)(void *ctx, struct span name),
             void *ctx)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            end_line(f, found, ctx);
        else if (f->len < UU_LINE_MAX)
            f->line[f->len++] = text.ptr[i];
    }
}
