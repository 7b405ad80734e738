/* mime_links.c - which parts are searched for links, and as what. Programs that show a part otherwise than it says get their reading too. */
#include "milter/inspect/mime_links.h"
#include "base/sinks.h"
#include "base/xalloc.h"
#include "mail/filename.h"
#include "milter/inspect/links.h"
#include "milter/inspect/mime_charset.h"

static const char *const html_types[] = {"text/html", "application/xhtml+xml", "image/svg+xml"};
static const char *const html_extensions[] = {"html", "htm", "xhtml", "xht", "shtml", "svg"};

struct mime_text {
    struct links *links;
    struct span label; /* charset, or empty */
    bool is_html;
    bool is_begun; /* the first piece has come: stream is open */
    bool is_over;  /* nothing more is kept */
    bool has_raw;
    struct charset_stream stream;
    struct str utf8;
    struct str raw; /* read as if it had no character set */
};

static bool is_among(struct span text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(text, list[i]))
            return true;
    return false;
}
#define IS_AMONG(text, list) is_among(text, list, sizeof(list) / sizeof *(list))

/* A page is opened with one click, whatever its disposition. */
static bool is_page(struct span type, const struct mime_names *names)
{
    if (IS_AMONG(type, html_types))
        return true;
    for (size_t i = 0; i < names->count; i++) {
        struct filename name;
        filename_normalize(names->values[i].text, &name);
        if (IS_AMONG(span_from(name.extension, name.extension_len), html_extensions))
            return true;
    }
    return false;
}

static bool is_shown(GMimeObject *object, struct span type)
{
    const char *disposition = g_mime_object_get_disposition(object);

    return (span_starts(type, SPAN("text/")) || span_starts(type, SPAN("message/"))) &&
           (disposition == NULL || g_ascii_strcasecmp(disposition, "attachment") != 0);
}

struct mime_text *mime_links_begin(struct mime_state *s, GMimeObject *object, struct span type,
                                   const struct mime_names *names)
{
    struct mime_text *text;
    bool is_html;

    if (s->links == NULL || links_are_full(s->links))
        return NULL;
    is_html = is_page(type, names);
    if (!is_html && !is_shown(object, type))
        return NULL;
    text = xcalloc(1, sizeof *text);
    text->links = s->links;
    text->is_html = is_html;
    text->label = span_of(g_mime_object_get_content_type_parameter(object, "charset"));
    return text;
}

/* Takes the byte order mark off. */
static void begin(struct mime_text *text, struct span *piece)
{
    size_t mark;
    struct span name = mime_charset_of(text->label, *piece, text->is_html, &mark);

    text->is_begun = true;
    text->has_raw =
        mark == 0 && mime_charset_is_rare(name) && memchr(piece->ptr, '\0', piece->len) == NULL;
    *piece = span_from(piece->ptr + mark, piece->len - mark);
    if (!mime_charset_begin(&text->stream, name))
        text->is_over = !mime_charset_begin(&text->stream, SPAN("utf-8"));
}

/* What the piece gave counts against the limit on text; past it the piece is dropped. */
static void account(struct mime_text *text, struct str *kept, size_t before)
{
    if (links_spend(text->links, kept->len - before))
        return;
    str_truncate(kept, before);
    text->is_over = true;
}

void mime_links_feed(struct mime_text *text, struct span piece)
{
    size_t before;

    if (text == NULL || text->is_over)
        return;
    if (!text->is_begun)
        begin(text, &piece);
    if (text->is_over)
        return;
    before = text->utf8.len;
    mime_charset_feed(&text->stream, &text->utf8, piece);
    account(text, &text->utf8, before);
    if (!text->has_raw || text->is_over)
        return;
    before = text->raw.len;
    sink_utf8(&text->raw, piece);
    account(text, &text->raw, before);
}

/* Some programs look at the text, not at its type. */
static bool looks_like_page(struct span utf8)
{
    utf8 = span_trim(utf8);
    return span_istarts(utf8, SPAN("<html")) || span_istarts(utf8, SPAN("<!doctype html"));
}

static void search(struct mime_text *text, struct span utf8)
{
    if (!text->is_html)
        links_in_text(text->links, utf8);
    if (text->is_html || looks_like_page(utf8))
        links_in_html(text->links, utf8);
}

void mime_links_end(struct mime_text **text_r, bool is_whole)
{
    struct mime_text *text = *text_r;

    if (text == NULL)
        return;
    if (text->is_begun)
        mime_charset_end(&text->stream, &text->utf8);
    if (is_whole) {
        search(text, str_span(&text->utf8));
        if (text->has_raw)
            search(text, str_span(&text->raw));
    }
    str_clear(&text->utf8);
    str_clear(&text->raw);
    xfree(text_r);
}

void mime_links_give(struct mime_state *s)
{
    if (s->links == NULL)
        return;
    if (s->incomplete != NULL)
        links_incomplete(s->links, s->incomplete);
    links_give(s->links, s->facts);
}
