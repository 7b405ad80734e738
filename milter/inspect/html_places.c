/* html_places.c - the attributes that name a place. */
#include "milter/inspect/html_places.h"

#include "mail/url.h"
#include "milter/inspect/html.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define NOTHING         span_from("", 0)

/* Sorted; each name's kind stands at the same place below it. from, to and values: what an animation of SVG makes of a href. */
static const char *const names[] = {
    "action",      "action-xhr", "background", "cite",     "codebase", "content",
    "data",        "dynsrc",     "formaction", "from",     "href",     "icon",
    "imagesrcset", "longdesc",   "lowsrc",     "manifest", "ping",     "poster",
    "src",         "srcdoc",     "srcset",     "style",    "to",       "values",
};
static const enum place_kind kinds[COUNT_OF(names)] = {
    PLACE_LINK,   PLACE_LINK, PLACE_LINK,   PLACE_LINK, PLACE_LINK,  PLACE_REFRESH,
    PLACE_LINK,   PLACE_LINK, PLACE_LINK,   PLACE_CODE, PLACE_LINK,  PLACE_LINK,
    PLACE_SRCSET, PLACE_LINK, PLACE_LINK,   PLACE_LINK, PLACE_WORDS, PLACE_LINK,
    PLACE_LINK,   PLACE_PAGE, PLACE_SRCSET, PLACE_CODE, PLACE_CODE,  PLACE_CODE,
};

bool place_find(struct span name, enum place_kind *kind_r)
{
    const char *colon = name.len > 0 ? memrchr(name.ptr, ':', name.len) : NULL;
    size_t at;

    if (span_istarts(name, SPAN("xmlns")))
        return false;
    if (colon != NULL)
        name = span_skip(name, (size_t)(colon - name.ptr) + 1);
    *kind_r = PLACE_CODE;
    if (span_istarts(name, SPAN("on")))
        return true; /* onclick and all its like: an attached page runs them */
    if (!html_name_find(names, COUNT_OF(names), name, &at))
        return false;
    *kind_r = kinds[at];
    return true;
}

bool place_read(struct span value, struct span *target_r)
{
    struct url url;
    size_t len = 0;

    *target_r = value;
    if (url_read(value, &url))
        return true;
    while (len < value.len && len < URL_TEXT_MAX && memchr("<>\"", value.ptr[len], 3) == NULL)
        len++;
    *target_r = span_from(value.ptr, len);
    return len < value.len && url_read(*target_r, &url);
}

/* "name:" at the front, with what browsers pass over. */
static bool has_scheme(struct span value)
{
    for (size_t i = 0; i < value.len && i < URL_TEXT_MAX; i++) {
        if (value.ptr[i] == ':')
            return true;
        if (memchr("/\\?#", value.ptr[i], 4) != NULL)
            return false;
    }
    return false;
}

bool place_is_relative(struct span value)
{
    return !has_scheme(value);
}

static void add_link(struct links *links, struct span value)
{
    struct span target;

    if (value.len == 0)
        return;
    if (place_read(value, &target)) {
        links_add(links, target, NOTHING);
        return;
    }
    links_add(links, value, NOTHING); /* there may be one inside: "/to?url=http://..." */
    if (has_scheme(value))
        places_in_code(links, value); /* "javascript:", "ms-word:ofe|u|http://..." */
}

static void add_words(struct links *links, struct span value)
{
    size_t len;

    for (value = html_skip_blanks(value); value.len > 0; value = html_skip_blanks(value)) {
        for (len = 0; len < value.len && !html_is_blank(value.ptr[len]);)
            len++;
        add_link(links, span_from(value.ptr, len));
        value = span_skip(value, len);
    }
}

/* "small.png 1x, large.png 2x"; a comma within a place is part of it. */
static void add_srcset(struct links *links, struct span value)
{
    while (value.len > 0) {
        size_t len = 0;

        while (value.len > 0 && (html_is_blank(*value.ptr) || *value.ptr == ','))
            value = span_skip(value, 1);
        while (len < value.len && !html_is_blank(value.ptr[len]))
            len++;
        add_link(links, span_from(value.ptr, len));
        while (len < value.len && value.ptr[len - 1] != ',')
            len++;
        value = span_skip(value, len);
    }
}

/* What a browser takes for a refresh begins with a number; any other content of a meta is none. */
static void add_refresh(struct links *links, struct span value)
{
    const char *end;

    value = html_skip_blanks(value);
    if (value.len == 0 || memchr("0123456789.", *value.ptr, 11) == NULL)
        return;
    while (value.len > 0 &&
           (html_is_blank(*value.ptr) || memchr("0123456789.;,", *value.ptr, 13)))
        value = span_skip(value, 1);
    if (span_istarts(value, SPAN("url"))) {
        struct span after = html_skip_blanks(span_skip(value, 3));
        if (span_starts(after, SPAN("=")))
            value = html_skip_blanks(span_skip(after, 1));
    }
    if (value.len > 0 && (*value.ptr == '"' || *value.ptr == '\'')) {
        end = memchr(value.ptr + 1, *value.ptr, value.len - 1);
        value = span_skip(value, 1);
        if (end != NULL)
            value.len = (size_t)(end - value.ptr);
    }
    add_link(links, value);
}

void place_add(struct links *links, enum place_kind kind, struct span value)
{
    static void (*const adders[])(struct links *, struct span) = {
        [PLACE_LINK] = add_link,       [PLACE_WORDS] = add_words,
        [PLACE_SRCSET] = add_srcset,   [PLACE_REFRESH] = add_refresh,
        [PLACE_CODE] = places_in_code, [PLACE_PAGE] = places_in_code,
    };

    adders[kind](links, value);
}
