/* links_html.c - the links of a page: what its attributes name, and what its text says. */
#include "base/str.h"
#include "mail/url.h"
#include "milter/inspect/html.h"
#include "milter/inspect/html_entities.h"
#include "milter/inspect/html_places.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SHOWN_LOOK_MAX  4096 /* bytes of what a link shows that are looked at */

struct page {
    struct links *links;
    struct str run;    /* text that is no link's own; ended by what breaks a line */
    struct str target; /* of the link that is open */
    struct str shown;
    struct span base;     /* what relative links lead to; empty when the page does not say */
    struct str base_kept; /* holds base, unless the page around this one does */
    struct str value;
    int cells; /* of tables, that the open link has opened: the end of another one ends it */
    bool is_open;
    bool is_odd;    /* the open link may have ended: its text is searched, too */
    bool is_inside; /* of a comment or a raw text */
    bool is_hidden; /* its text is not shown: only what its tags name counts */
};

/* What begins a line or stands for itself; all other tags may stand within a word. Sorted. */
static const char *const breaking_names[] = {
    "address", "article",  "aside",    "audio",    "blockquote", "body",       "br",
    "button",  "caption",  "center",   "dd",       "details",    "dialog",     "dir",
    "div",     "dl",       "dt",       "embed",    "fieldset",   "figcaption", "figure",
    "footer",  "form",     "frame",    "frameset", "h1",         "h2",         "h3",
    "h4",      "h5",       "h6",       "head",     "header",     "hgroup",     "hr",
    "html",    "iframe",   "image",    "img",      "input",      "legend",     "li",
    "listing", "main",     "marquee",  "menu",     "nav",        "noscript",   "object",
    "ol",      "optgroup", "option",   "p",        "plaintext",  "pre",        "script",
    "search",  "section",  "select",   "style",    "summary",    "svg",        "table",
    "tbody",   "td",       "textarea", "tfoot",    "th",         "thead",      "title",
    "tr",      "ul",       "video",    "xmp",
};

/* What may end a link that stands in it, or keeps its own from being the end. Sorted. */
static const char *const odd_names[] = {
    "applet", "caption", "foreignobject", "marquee", "math", "object", "svg", "table",
    "tbody",  "td",      "template",      "tfoot",   "th",   "thead",  "tr",
};

static void walk(struct page *page, struct span text);

static void end_run(struct page *page)
{
    if (page->run.len == 0)
        return;
    links_in_text(page->links, str_span(&page->run));
    str_reset(&page->run);
}

static void close_link(struct page *page)
{
    if (page->is_open)
        links_add(page->links, str_span(&page->target), str_span(&page->shown));
    if (page->is_odd)
        end_run(page);
    page->is_open = false;
    page->is_odd = false;
}

static void open_link(struct page *page, struct span target)
{
    end_run(page);
    str_reset(&page->target);
    str_add(&page->target, target);
    str_reset(&page->shown);
    page->cells = 0;
    page->is_open = true;
}

/* At most so many bytes of it, and whole characters. */
static struct span cut(struct span text, size_t most)
{
    if (text.len <= most)
        return text;
    while (most > 0 && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    return span_from(text.ptr, most);
}

static void add_text(struct page *page, struct span text)
{
    if (page->is_open && page->shown.len < SHOWN_LOOK_MAX)
        html_decode(&page->shown, cut(text, SHOWN_LOOK_MAX), false);
    if ((!page->is_open || page->is_odd) && !page->is_hidden)
        html_decode(&page->run, text, false);
}

/* Where a line, a cell or a picture ends a word. */
static void break_text(struct page *page)
{
    if (!page->is_open || page->is_odd)
        end_run(page);
    if (page->is_open && page->shown.len < SHOWN_LOOK_MAX)
        str_addc(&page->shown, ' ');
}

/* A page within this one; there is none within that, so that this goes two deep and no deeper. */
static void walk_inside(struct page *page, struct span text, bool is_hidden)
{
    struct page inside = {.links = page->links,
                          .base = page->base, /* not copied: comments may come by the million */
                          .is_inside = true,
                          .is_hidden = is_hidden};

    walk(&inside, text);
}

/* A conditional comment is shown by Outlook; CDATA and what never ends, by some. */
static void add_comment(struct page *page, const struct html_token *token)
{
    bool is_shown = token->is_unclosed || span_istarts(span_trim(token->body), SPAN("[if")) ||
                    span_starts(token->body, SPAN("[CDATA["));

    walk_inside(page, token->body, !is_shown);
    if (!is_shown)
        places_in_code(page->links, token->body);
}

/* Document types name the one of the W3C. Those that define something are written to be misread: of XML, "&x;" may stand for any part of a link. */
static void add_declaration(struct page *page, const struct html_token *token)
{
    bool is_type = span_istarts(token->body, SPAN("doctype"));
    size_t at;

    if (is_type && span_find(token->body, SPAN("["), &at))
        links_incomplete(page->links, "a document type with definitions");
    else if (is_type && !token->is_unclosed)
        return;
    add_comment(page, token);
}

/* What is a text to one program has tags to another; a script that never ends may have been an empty one (XHTML's "<script/>"). */
static void add_raw(struct page *page, const struct html_token *token)
{
    bool is_code =
        span_iequal(token->name, SPAN("script")) || span_iequal(token->name, SPAN("style"));

    if (is_code) {
        places_in_code(page->links, token->body);
    } else {
        str_reset(&page->value);
        html_decode(&page->value, token->body, false);
        links_in_text(page->links, str_span(&page->value));
    }
    walk_inside(page, token->body, !is_code || !token->is_unclosed);
}

/* The href of <a>: what stands behind it is what it shows; when it leads nowhere, that is text like any other. */
static void add_anchor(struct page *page, struct span value)
{
    struct span target;

    if (place_read(value, &target)) {
        open_link(page, target);
        return;
    }
    if (page->base.len > 0 && place_is_relative(value))
        open_link(page, page->base);
    place_add(page->links, PLACE_LINK, value); /* there may be one inside */
}

/* Every relative link is read with it, so that it must be short: of a long one, its host. */
static void keep_base(struct page *page, struct span target)
{
    struct url url;
    const char *colon;

    if (target.len > URL_TEXT_MAX && url_read(target, &url)) {
        colon = strchr(url.host, ':');
        str_printf(&page->base_kept, colon != NULL ? "http://[%s]/" : "http://%s/", url.host);
    } else {
        str_add(&page->base_kept, target);
    }
    page->base = str_span(&page->base_kept);
}

static void add_base(struct page *page, struct span value)
{
    struct span target;

    if (page->base.len == 0 && place_read(value, &target))
        keep_base(page, target);
    place_add(page->links, PLACE_LINK, value);
}

static void add_attribute(struct page *page, struct span tag,
                          const struct html_attribute *attribute)
{
    bool is_href = span_iequal(attribute->name, SPAN("href")) ||
                   span_iequal(attribute->name, SPAN("xlink:href"));
    enum place_kind kind;
    struct span value;

    if (page->is_open && span_iequal(attribute->name, SPAN("alt")) &&
        span_istarts(tag, SPAN("im")))
        add_text(page, attribute->value);
    if (!place_find(attribute->name, &kind))
        return;
    str_reset(&page->value);
    html_decode(&page->value, attribute->value, true);
    value = str_span(&page->value);
    if (is_href && span_iequal(tag, SPAN("a")) && !page->is_open)
        add_anchor(page, value);
    else if (is_href && span_iequal(tag, SPAN("base")))
        add_base(page, value);
    else if (kind == PLACE_PAGE && !page->is_inside)
        walk_inside(page, value, false);
    else if (kind != PLACE_REFRESH || span_iequal(tag, SPAN("meta")))
        place_add(page->links, kind, value);
}

static void count_cells(struct page *page, const struct html_token *token)
{
    static const char *const cells[] = {"caption", "td", "th"};
    size_t at;

    if (!page->is_open || !html_name_find(cells, COUNT_OF(cells), token->name, &at))
        return;
    page->cells += token->kind == HTML_START ? 1 : -1;
    if (page->cells < 0)
        close_link(page);
}

static void add_tag(struct page *page, const struct html_token *token)
{
    struct span body = token->body;
    struct html_attribute attribute;
    bool is_anchor = span_iequal(token->name, SPAN("a"));
    size_t count = 0, at;

    if (is_anchor)
        close_link(page);
    count_cells(page, token);
    page->is_odd |=
        page->is_open && html_name_find(odd_names, COUNT_OF(odd_names), token->name, &at);
    if (html_name_find(breaking_names, COUNT_OF(breaking_names), token->name, &at))
        break_text(page);
    if (token->is_unclosed && !page->is_hidden)
        links_in_text(page->links, token->body);
    while (token->kind == HTML_START && html_attribute_next(&body, &attribute)) {
        if (++count > HTML_ATTRIBUTES_MAX) {
            links_incomplete(page->links, "too many attributes of one tag");
            return;
        }
        add_attribute(page, token->name, &attribute);
    }
}

static void add_token(struct page *page, const struct html_token *token)
{
    switch (token->kind) {
    case HTML_TEXT:
        add_text(page, token->body);
        break;
    case HTML_RAW:
        add_raw(page, token);
        break;
    case HTML_START:
    case HTML_END:
        add_tag(page, token);
        break;
    case HTML_COMMENT:
        add_comment(page, token);
        break;
    case HTML_DECLARATION:
        add_declaration(page, token);
        break;
    }
}

/* Ends the page. */
static void walk(struct page *page, struct span text)
{
    struct html_token token;
    struct html html;

    html_begin(&html, text, page->is_inside);
    while (!links_are_full(page->links) && html_next(&html, &token))
        add_token(page, &token);
    close_link(page);
    end_run(page);
    str_clear(&page->run);
    str_clear(&page->target);
    str_clear(&page->shown);
    str_clear(&page->base_kept);
    str_clear(&page->value);
}

void links_in_html(struct links *links, struct span utf8)
{
    struct page page = {.links = links};
    struct str text = STR_EMPTY;
    struct span part;

    if (utf8.len > 0 && memchr(utf8.ptr, '\0', utf8.len) != NULL) {
        /* Some programs pass over NUL, wherever it is; those that do not find nothing more. */
        while (span_cut(&utf8, '\0', &part))
            str_add(&text, part);
        utf8 = str_span(&text);
    }
    walk(&page, utf8);
    str_clear(&text);
}
