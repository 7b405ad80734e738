/* links_nested.c - links inside of links: where a redirector leads. */
#include "milter/inspect/links_inside.h"

#define DECODED_MAX 2 /* times */
/* Servers take no longer requests: what stands behind leads nowhere. */
#define TAIL_MAX URL_TEXT_MAX

static void add(struct nested *nested, const struct url *url)
{
    for (size_t i = 0; i < nested->count; i++)
        if (strcmp(nested->found[i].host, url->host) == 0)
            return;
    if (nested->count == LINK_NESTED_MAX)
        nested->is_cut = true;
    else
        nested->found[nested->count++] = *url;
}

/* Up to the first byte that ends it. */
static struct span until(struct span text, struct span ends)
{
    size_t at = 0;

    while (at < text.len && (unsigned char)text.ptr[at] > ' ' &&
           memchr(ends.ptr, text.ptr[at], ends.len) == NULL)
        at++;
    return span_from(text.ptr, at);
}

static bool read(struct nested *nested, struct span value, struct url *url_r)
{
    bool is_found = url_read(value, url_r);

    nested->bytes += value.len;
    if (link_is_international(span_from(value.ptr, url_r->tail)))
        nested->cost += LINK_INTERNATIONAL_COST;
    return is_found;
}

/* Where a parameter ends, or else where a program may write the end of a text. */
static bool read_value(struct nested *nested, struct span text, struct url *url_r)
{
    return read(nested, until(text, SPAN("&;\"'<>`")), url_r) ||
           read(nested, until(text, SPAN("&;\"'<>`,|()[]{}*!$+=~^\\")), url_r);
}

static void search(struct nested *nested, struct span text)
{
    size_t at;

    nested->bytes += text.len;
    while (url_find(text, &at)) {
        struct url url;

        nested->is_cut |= nested->tried++ == NESTED_TRIED_MAX;
        if (nested->is_cut)
            return;
        text = span_skip(text, at);
        if (read_value(nested, text, &url))
            add(nested, &url);
        if (!span_find(text, SPAN(":"), &at))
            return;
        text = span_from(text.ptr + at + 1, text.len - at - 1);
    }
}

/* In place; false when there is nothing to decode. */
static bool decode(char *text, size_t *len)
{
    size_t to = 0;

    for (size_t at = 0; at < *len; at++) {
        int high = text[at] == '%' && at + 2 < *len ? hex_value(text[at + 1]) : -1;
        int low = high >= 0 ? hex_value(text[at + 2]) : -1;

        text[to++] = low < 0 ? text[at] : (char)(high << 4 | low);
        at += low < 0 ? 0 : 2;
    }
    if (to == *len)
        return false;
    *len = to;
    return true;
}

void nested_read(struct span tail, struct nested *nested_r)
{
    size_t len = tail.len < TAIL_MAX ? tail.len : TAIL_MAX;
    char text[TAIL_MAX];

    nested_r->count = 0;
    nested_r->tried = 0;
    nested_r->bytes = 0;
    nested_r->cost = 0;
    nested_r->is_cut = false;
    memcpy(text, tail.ptr, len);
    search(nested_r, span_from(text, len));
    for (int i = 0; i < DECODED_MAX && decode(text, &len); i++)
        search(nested_r, span_from(text, len));
    nested_r->cost += nested_r->bytes / NESTED_COST_BYTES;
}
