/* mime_charset.c - which character set a text is in, and the way from there to UTF-8 in pieces. */
#include "milter/inspect/mime_charset.h"
#include <errno.h>
#include "base/sinks.h"
#include "milter/inspect/charsets.h"

#define PROBED_MAX  1024 /* bytes in which browsers look for the name of a set */
#define REPLACEMENT "\xef\xbf\xbd"

static const struct {
    struct span mark, name;
} marks[] = {
    {{"\xef\xbb\xbf", 3}, {"utf-8", 5}},
    {{"\xfe\xff", 2}, {"utf-16be", 8}},
    {{"\xff\xfe", 2}, {"utf-16le", 8}},
};

/* Beginnings of names whose text is not ASCII where it looks like ASCII, or that browsers do not know. Programs agree on ISO-2022-JP. */
static const char *const rare[] = {"utf-7",       "utf7",        "csutf7",      "x-unicode",
                                   "unicode-1-1", "unicode-2-0", "iso-2022-kr", "iso-2022-cn"};
/* Of two or four bytes to a character. */
static const char *const wide[] = {"utf-16",    "utf-32",    "unicode",
                                   "csunicode", "iso-10646", "ucs-"};

bool mime_charset_begin(struct charset_stream *stream, struct span name)
{
    char text[CHARSET_NAME_MAX];

    *stream = (struct charset_stream){.conversion = (iconv_t)-1};
    if (name.len == 0 || name.len >= sizeof text || memchr(name.ptr, '\0', name.len) != NULL)
        return false;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    stream->conversion = iconv_open("UTF-8", text);
    return stream->conversion != (iconv_t)-1;
}

/* One step; false when what is left has to wait for the next piece. */
static bool convert_some(struct charset_stream *stream, struct str *out, char **in,
                         size_t *left)
{
    char buf[4096], *to = buf;
    size_t room = sizeof buf;
    size_t result = iconv(stream->conversion, in, left, &to, &room);
    int why = errno;

    sink_utf8(out, span_from(buf, (size_t)(to - buf)));
    if (result != (size_t)-1 || why == E2BIG)
        return true;
    if (why == EINVAL && *left <= sizeof stream->held)
        return false;
    str_adds(out, REPLACEMENT);
    (*in)++;
    (*left)--;
    return true;
}

void mime_charset_feed(struct charset_stream *stream, struct str *out, struct span piece)
{
    struct str bytes = STR_EMPTY;
    size_t left;
    char *in;

    str_add(&bytes, span_from(stream->held, stream->held_len));
    str_add(&bytes, piece);
    stream->held_len = 0;
    in = bytes.ptr;
    left = bytes.len;
    while (left > 0 && convert_some(stream, out, &in, &left))
        ;
    if (left > 0)
        memcpy(stream->held, in, left);
    stream->held_len = left;
    str_clear(&bytes);
}

void mime_charset_end(struct charset_stream *stream, struct str *out)
{
    char buf[64], *to = buf;
    size_t room = sizeof buf;

    if (stream->conversion == (iconv_t)-1)
        return;
    if (stream->held_len > 0)
        str_adds(out, REPLACEMENT);
    (void)iconv(stream->conversion, NULL, NULL, &to, &room);
    sink_utf8(out, span_from(buf, (size_t)(to - buf)));
    (void)iconv_close(stream->conversion);
}

static struct span after(struct span text, size_t len)
{
    return span_skip(text, len);
}

static bool find(struct span *text, const char *word)
{
    struct span rest = *text, wanted = span_of(word);

    for (; rest.len >= wanted.len; rest = after(rest, 1))
        if (span_istarts(rest, wanted)) {
            *text = after(rest, wanted.len);
            return true;
        }
    return false;
}

/* What stands behind "=", with or without quotes. */
static struct span value(struct span text)
{
    size_t len = 0;

    text = span_trim(text);
    if (text.len == 0 || *text.ptr != '=')
        return (struct span){"", 0};
    text = span_trim(after(text, 1));
    if (text.len > 0 && (*text.ptr == '"' || *text.ptr == '\''))
        text = after(text, 1);
    while (len < text.len && (unsigned char)text.ptr[len] > ' ' &&
           memchr("\"';>/", text.ptr[len], 5) == NULL)
        len++;
    return span_from(text.ptr, len);
}

/* Of <meta charset=...>, <meta http-equiv content="...; charset=..."> or <?xml encoding=...?>. A page that can be read so far is not in UTF-16. */
static struct span of_page(struct span begin)
{
    static const struct {
        const char *tag, *word;
    } places[] = {{"<meta", "charset"}, {"<?xml", "encoding"}};

    if (begin.len > PROBED_MAX)
        begin.len = PROBED_MAX;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (struct span rest = begin; find(&rest, places[i].tag);) {
            struct span tag, name, walk = rest;
            span_cut(&walk, '>', &tag);
            name = find(&tag, places[i].word) ? value(tag) : (struct span){"", 0};
            if (charsets_knows(name))
                return span_istarts(name, SPAN("utf-16")) ? SPAN("utf-8") : name;
        }
    return (struct span){"", 0};
}

static bool begins_with_one(struct span name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_istarts(name, span_of(list[i])))
            return true;
    return false;
}
#define BEGINS_WITH_ONE(name, list) begins_with_one(name, list, sizeof(list) / sizeof *(list))

static bool is_rare(struct span name)
{
    return BEGINS_WITH_ONE(name, rare);
}

/* UTF-16 that does not say which. */
static bool is_open(struct span label)
{
    return !is_rare(label) &&
           (span_iequal(label, SPAN("utf-16")) || span_iequal(label, SPAN("ucs-2")) ||
            span_iequal(label, SPAN("iso-10646-ucs-2")) ||
            span_iequal(label, SPAN("unicode")) || span_iequal(label, SPAN("csunicode")));
}

/* UTF-16 without a mark: RFC 2781 takes it for big-endian, browsers do not; where the zeros of ASCII letters lie says it, mostly. */
static struct span turned(struct span label, struct span begin)
{
    if (!is_open(label) || begin.len < 2)
        return label;
    return begin.ptr[0] == '\0' ? SPAN("utf-16be") : SPAN("utf-16le");
}

/* Without what programs take off. */
static struct span trimmed(struct span label)
{
    while (label.len > 0 && memchr(" \t\"';", *label.ptr, 5) != NULL)
        label = after(label, 1);
    while (label.len > 0 && memchr(" \t\"';", label.ptr[label.len - 1], 5) != NULL)
        label.len--;
    return label;
}

struct span mime_charset_of(struct span label, struct span begin, bool is_html, size_t *mark_r)
{
    struct span name;

    *mark_r = 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (span_starts(begin, marks[i].mark)) {
            *mark_r = marks[i].mark.len;
            return marks[i].name;
        }
    label = trimmed(label);
    if (charsets_knows(label))
        return turned(label, begin);
    name = is_html ? of_page(begin) : (struct span){"", 0};
    return name.len > 0 ? name : SPAN("utf-8");
}

bool mime_charset_other(struct span label, struct span name, struct span begin,
                        struct span *other_r)
{
    bool is_wide = !is_rare(name) && BEGINS_WITH_ONE(name, wide);

    *other_r = SPAN("utf-8");
    if (is_rare(name))
        return true;
    if (begin.len > 0 && memchr(begin.ptr, '\0', begin.len) == NULL)
        return is_wide;
    *other_r = span_is(name, "utf-16be") ? SPAN("utf-16le") : SPAN("utf-16be");
    return is_open(trimmed(label));
}
