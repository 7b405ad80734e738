/* mime_uu.c - looks line by line for what begins a file in text: "begin 644 name", "=ybegin", "(This file must be converted with BinHex". */
#include "milter/inspect/mime_uu.h"

#define BINHEX "(This file must be converted with BinHex"

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static struct span skip(struct span s, size_t len)
{
    return span_skip(s, len);
}

/* "begin 644 name", "begin-base64 644 name" (POSIX uuencode); rows of blanks are one by now. */
static struct span uu_name(struct span line)
{
    size_t i = 0;

    if (!span_istarts(line, SPAN("begin")))
        return (struct span){"", 0};
    line = skip(line, 5);
    if (span_istarts(line, SPAN("-base64")))
        line = skip(line, 7);
    if (line.len == 0 || *line.ptr != ' ')
        return (struct span){"", 0};
    line = skip(line, 1);
    while (i < line.len && is_octal(line.ptr[i]))
        i++;
    if (i < 2 || i > 6 || i >= line.len || line.ptr[i] != ' ')
        return (struct span){"", 0};
    return span_trim(skip(line, i));
}

/* "setup.exe": one word with an extension. Prose that happens to begin so has neither. */
static bool is_file_name(struct span name)
{
    size_t extension = 0;

    while (extension < name.len && is_alnum(name.ptr[name.len - 1 - extension]))
        extension++;
    return name.len > 0 && extension > 0 && extension < name.len &&
           name.ptr[name.len - 1 - extension] == '.' && memchr(name.ptr, ' ', name.len) == NULL;
}

/* The first letter says how many bytes the line holds: four letters for each three, perhaps with a checksum behind them. Letters that
 * are missing were blanks, lost on the way: decoders do without. */
static bool is_uu_data(struct span line)
{
    size_t bytes;

    if (line.len == 0 || line.ptr[0] < ' ' || line.ptr[0] > '`')
        return false;
    bytes = (size_t)(line.ptr[0] - ' ') & 63;
    if (line.len - 1 >= bytes * 4 / 3)
        return bytes > 0 || line.len <= 2;
    for (size_t i = 1; i < line.len; i++)
        if (line.ptr[i] < ' ' || line.ptr[i] > '`')
            return false;
    return true;
}

static bool is_base64_data(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!is_alnum(line.ptr[i]) && memchr("+/=", line.ptr[i], 3) == NULL)
            return false;
    return line.len >= 4 && line.len % 4 == 0;
}

/* The name may stand where the line was cut off: then it is empty, the file is there all the same. */
static bool yenc_name(struct span line, struct span *name_r)
{
    size_t at;

    *name_r = (struct span){"", 0};
    if (!span_istarts(line, SPAN("=ybegin ")))
        return false;
    if (span_find(line, SPAN(" name="), &at))
        *name_r = span_trim(skip(line, at + 6));
    return name_r->len > 0 || line.len == UU_LINE_MAX;
}

static void end_line(struct uu_finder *f, void (*found)(void *ctx, struct span name), void *ctx)
{
    struct span line = span_trim(span_from(f->line, f->len)), name;

    f->len = 0;
    if (line.len == 0)
        return; /* what a begin begins may stand below an empty line */
    if (f->is_begun && (is_uu_data(line) || is_base64_data(line)))
        found(ctx, span_from(f->name, f->name_len));
    if (f->is_binhex && *line.ptr == ':')
        found(ctx, SPAN(""));
    if (yenc_name(line, &name))
        found(ctx, name);
    f->is_binhex = span_istarts(line, SPAN(BINHEX));
    name = uu_name(line);
    f->is_begun = name.len > 0 && !is_file_name(name);
    if (name.len > 0 && !f->is_begun)
        found(ctx, name);
    memcpy(f->name, name.ptr, name.len);
    f->name_len = name.len;
}

void uu_feed(struct uu_finder *f, struct span text, void (*found)(void *ctx, struct span name),
             void *ctx)
{
    if (text.len == 0)
        end_line(f, found, ctx);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i] == '\t' ? ' ' : text.ptr[i];
        if (c == '\n' || c == '\r')
            end_line(f, found, ctx);
        else if (f->len < UU_LINE_MAX &&
                 (c != ' ' || f->len == 0 || f->line[f->len - 1] != ' '))
            f->line[f->len++] = c;
    }
}
