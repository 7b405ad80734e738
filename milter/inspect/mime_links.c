/* mime_links.c - which parts are searched for links, and as what. Programs that show a part otherwise than it says get their reading too. */
#include "milter/inspect/mime_links.h"
#include "base/xalloc.h"
#include "mail/filename.h"
#include "milter/inspect/links.h"
#include "milter/inspect/mime_charset.h"
#include "milter/inspect/mime_flow.h"

/* Opened with one click, or shown as what they say by themselves, whatever their disposition. */
static const char *const html_types[] = {"text/html", "application/xhtml+xml", "image/svg+xml"};
static const char *const html_extensions[] = {"html", "htm", "xhtml", "xht", "shtml", "svg"};
static const char *const card_types[] = {"text/calendar",  "text/x-vcalendar",
                                         "text/vcard",     "text/x-vcard",
                                         "text/directory", "application/ics"};
static const char *const card_extensions[] = {"ics", "vcs", "vcf"};
/* Pages to some programs, texts to others. */
static const char *const both_types[] = {"text/x-amp-html", "text/watch-html", "text/enriched",
                                         "text/richtext"};

#define READINGS_MAX 2 /* of one text, in different character sets */

struct reading {
    struct charset_stream stream;
    struct str utf8;
};

struct mime_text {
    struct links *links;
    struct span label;     /* charset, or empty */
    struct span base;      /* where relative links lead by the header, or empty */
    bool is_html, is_text; /* one of them, or both */
    bool is_card;          /* lines are folded */
    bool is_joined;        /* lines may be joined without a blank */
    bool is_begun;         /* the first piece has come: the streams are open */
    bool is_over;          /* nothing more is kept */
    size_t reading_count;
    struct reading readings[READINGS_MAX];
};

static bool is_among(struct span text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(text, list[i]))
            return true;
    return false;
}
#define IS_AMONG(text, list) is_among(text, list, sizeof(list) / sizeof *(list))

static bool has_extension(const struct mime_names *names, const char *const *list, size_t count)
{
    for (size_t i = 0; i < names->count; i++) {
        struct filename name;
        filename_normalize(names->values[i].text, &name);
        if (is_among(span_from(name.extension, name.extension_len), list, count))
            return true;
    }
    return false;
}
#define HAS_EXTENSION(names, list) has_extension(names, list, sizeof(list) / sizeof *(list))

static bool is_attached(GMimeObject *object)
{
    const char *disposition = g_mime_object_get_disposition(object);

    return disposition != NULL && g_ascii_strcasecmp(disposition, "attachment") == 0;
}

/* The value of a field of the part, or empty. */
static struct span field(struct mime_state *s, GMimeObject *object, const char *name)
{
    GMimeHeader *header =
        g_mime_header_list_get_header(g_mime_object_get_header_list(object), name);

    return mime_unfold(s, header != NULL ? g_mime_header_get_raw_value(header) : NULL);
}

/* Has it a type that is none ("text", "html", nothing)? Our parser takes that for any bytes, programs for a text or a page. */
static bool is_untyped(struct mime_state *s, GMimeObject *object, struct span type)
{
    return span_is(type, "application/octet-stream") &&
           !span_istarts(field(s, object, "Content-Type"), SPAN("application/"));
}

/* RFC 2557 section 4: programs read relative links with it. */
static struct span base_of(struct mime_state *s, GMimeObject *object)
{
    struct span base = field(s, object, "Content-Base");

    return mime_utf8(s, base.len > 0 ? base : field(s, object, "Content-Location"));
}

static void find_kind(struct mime_text *text, struct mime_state *s, GMimeObject *object,
                      struct span type, const struct mime_names *names)
{
    /* Some programs show attached text, too, below the message. */
    bool is_shown = !is_attached(object) || span_is(type, "text/plain"),
         is_both = is_shown && is_untyped(s, object, type);

    text->is_card = IS_AMONG(type, card_types) || HAS_EXTENSION(names, card_extensions);
    text->is_html = IS_AMONG(type, html_types) || HAS_EXTENSION(names, html_extensions) ||
                    is_both || text->is_card || (is_shown && IS_AMONG(type, both_types));
    text->is_text = is_both || text->is_card ||
                    (is_shown && (!text->is_html || IS_AMONG(type, both_types)) &&
                     (span_starts(type, SPAN("text/")) || span_starts(type, SPAN("message/"))));
}

static struct span parameter(GMimeObject *object, const char *name)
{
    return span_of(g_mime_object_get_content_type_parameter(object, name));
}

struct mime_text *mime_links_begin(struct mime_state *s, GMimeObject *object, struct span type,
                                   const struct mime_names *names)
{
    struct mime_text *text;

    if (s->links == NULL || links_are_full(s->links))
        return NULL;
    text = xcalloc(1, sizeof *text);
    find_kind(text, s, object, type, names);
    if (!text->is_html && !text->is_text) {
        xfree(&text);
        return NULL;
    }
    text->links = s->links;
    text->label = parameter(object, "charset");
    text->is_joined = span_iequal(span_trim(parameter(object, "delsp")), SPAN("yes"));
    text->base = base_of(s, object);
    return text;
}

/* As if the page began with it. False: there is no room. */
static bool put_base(struct mime_text *text, struct str *utf8)
{
    struct span base;

    span_cut(&text->base, '"', &base);
    text->base = base;
    if (!text->is_html || text->is_card || base.len == 0)
        return true;
    str_adds(utf8, "<base href=\"");
    str_add(utf8, base);
    str_adds(utf8, "\">");
    return links_spend(text->links, utf8->len);
}

static void add_reading(struct mime_text *text, struct span name)
{
    struct reading *reading = &text->readings[text->reading_count++];

    if (!mime_charset_begin(&reading->stream, name))
        text->is_over |= !mime_charset_begin(&reading->stream, SPAN("utf-8"));
    text->is_over |= !put_base(text, &reading->utf8);
}

/* Takes the byte order mark off. */
static void begin(struct mime_text *text, struct span *piece)
{
    size_t mark;
    struct span name = mime_charset_of(text->label, *piece, text->is_html, &mark), other;

    text->is_begun = true;
    add_reading(text, name);
    if (mark == 0 && mime_charset_other(text->label, name, *piece, &other))
        add_reading(text, other);
    *piece = span_skip(*piece, mark);
}

/* What the piece gives counts against the limit on text; past it the piece is dropped. */
static void feed(struct mime_text *text, struct reading *reading, struct span piece)
{
    size_t before = reading->utf8.len;

    if (text->is_over)
        return;
    mime_charset_feed(&reading->stream, &reading->utf8, piece);
    if (links_spend(text->links, reading->utf8.len - before))
        return;
    str_truncate(&reading->utf8, before);
    text->is_over = true;
}

void mime_links_feed(struct mime_text *text, struct span piece)
{
    if (text == NULL || text->is_over)
        return;
    if (!text->is_begun)
        begin(text, &piece);
    for (size_t i = 0; i < text->reading_count; i++)
        feed(text, &text->readings[i], piece);
}

/* Some programs look at the text, not at its type. */
static bool looks_like_page(struct span utf8)
{
    utf8 = span_trim(utf8);
    return span_istarts(utf8, SPAN("<html")) || span_istarts(utf8, SPAN("<!doctype html"));
}

static void search(struct mime_text *text, struct span utf8)
{
    if (text->is_text)
        links_in_text(text->links, utf8);
    if (text->is_html || looks_like_page(utf8))
        links_in_html(text->links, utf8);
}

/* Lines as they stand, and as programs put them together. */
static void search_lines(struct mime_text *text, struct span utf8)
{
    struct str whole = STR_EMPTY;

    if (!text->is_card)
        search(text, utf8);
    if (text->is_card)
        flow_unfold(&whole, utf8);
    else if (text->is_joined && links_spend(text->links, utf8.len))
        flow_join(&whole, utf8);
    if (whole.len > 0)
        search(text, str_span(&whole));
    str_clear(&whole);
}

void mime_links_end(struct mime_text **text_r, bool is_whole)
{
    struct mime_text *text = *text_r;

    if (text == NULL)
        return;
    for (size_t i = 0; i < text->reading_count; i++) {
        struct reading *reading = &text->readings[i];

        mime_charset_end(&reading->stream, &reading->utf8);
        if (is_whole)
            search_lines(text, str_span(&reading->utf8));
        str_clear(&reading->utf8);
    }
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
