/* links_shown.c - what the reader sees of a link, and whether it is the name of another place. */
#include "base/utf8.h"
#include "mail/org_domain.h"
#include "milter/inspect/links_inside.h"

static bool is_blank(uint32_t code)
{
    return code <= ' ' || code == 0x7f || code == 0x85 || code == 0xa0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
           code == 0x202f || code == 0x205f || code == 0x3000;
}

/* Ends a word, and is no part of a host. */
static bool is_mark(uint32_t code)
{
    return (code < 0x80 && memchr(",;|<>(){}\"", (int)code, 10) != NULL) || code == 0xab ||
           code == 0xbb || (code >= 0x2010 && code <= 0x205e) ||
           (code >= 0x2190 && code <= 0x25ff) || code == 0x3001 ||
           (code >= 0x3008 && code <= 0x301f) || (code >= 0xff08 && code <= 0xff0c) ||
           code == 0xff5c;
}

/* Looks like the dot of a host, and is none in one. */
static bool is_dot(uint32_t code)
{
    return code == 0x2024 || code == 0xfe52;
}

/* Written with one blank for many; ends before `size` is reached. */
struct pressed {
    char *bytes;
    size_t len, size;
    bool is_between, is_full;
};

static void press(struct pressed *p, uint32_t code)
{
    char bytes[4];
    size_t more = utf8_put(code, bytes);

    p->is_full |= p->len + p->is_between + more > p->size;
    if (p->is_full)
        return;
    if (p->is_between)
        p->bytes[p->len++] = ' ';
    p->is_between = false;
    memcpy(p->bytes + p->len, bytes, more);
    p->len += more;
}

static void press_blank(struct pressed *p)
{
    p->is_between = p->len > 0;
}

void shown_read(struct span utf8, struct shown *shown_r)
{
    struct pressed text = {.bytes = shown_r->text_bytes, .size = LINK_SHOWN_MAX};
    struct pressed look = {.bytes = shown_r->look_bytes, .size = SHOWN_LOOKED_MAX};

    while (utf8.len > 0 && !look.is_full) {
        uint32_t code = utf8_next(&utf8);

        if (code == UTF8_BAD)
            code = UTF8_REPLACEMENT;
        if (is_blank(code))
            press_blank(&text);
        else
            press(&text, code);
        if (is_dot(code))
            press(&look, '.');
        else if (is_blank(code) || is_mark(code))
            press_blank(&look);
        else if (!utf8_is_deceptive(code))
            press(&look, code);
    }
    shown_r->text = span_from(text.bytes, text.len);
    shown_r->look = span_from(look.bytes, look.len);
    shown_r->cost = 0;
}

/* A word without the marks that surround it in a sentence. */
static struct span bare(struct span word)
{
    static const char before[] = "[\'*_:", after[] = "]\'*_.:!?";

    while (word.len > 0 && memchr(before, word.ptr[0], sizeof(before) - 1) != NULL)
        word = span_skip(word, 1);
    while (word.len > 0 && memchr(after, word.ptr[word.len - 1], sizeof(after) - 1) != NULL)
        word.len--;
    return word;
}

/* What follows the last ":": "Site:example.com". */
static struct span behind_colon(struct span word)
{
    for (size_t at = word.len; at > 0; at--)
        if (word.ptr[at - 1] == ':')
            return span_skip(word, at);
    return span_from(word.ptr, 0);
}

static bool is_host(struct shown *shown, struct span text, struct url *url_r)
{
    bool is_found = url_read_bare(text, url_r);

    if (link_is_international(span_from(text.ptr, url_r->tail)))
        shown->cost += LINK_INTERNATIONAL_COST;
    return is_found;
}

static bool is_link(struct shown *shown, struct span word, struct url *url_r)
{
    size_t at;

    if (url_find(word, &at) && is_host(shown, span_skip(word, at), url_r))
        return true;
    return is_host(shown, word, url_r) || is_host(shown, behind_colon(word), url_r);
}

/* A host has a dot, which may be written in other scripts. */
static bool may_be_link(struct span word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] == '.' || word.ptr[i] == '/' || (unsigned char)word.ptr[i] >= 0x80)
            return true;
    return false;
}

static bool is_elsewhere(const struct url *seen, const struct url *url)
{
    if (seen->is_ip || url->is_ip)
        return strcmp(seen->host, url->host) != 0;
    return !span_equal(url_domain(seen), url_domain(url));
}

/* Any word counts, not the first alone: that may be the link's own host, in letters too small to see. */
bool shown_is_other(struct shown *shown, const struct url *url)
{
    struct span rest = shown->look, word;
    struct url seen;
    size_t tried = 0;

    while (tried < SHOWN_WORDS_MAX && span_cut(&rest, ' ', &word)) {
        word = bare(word);
        tried += may_be_link(word);
        if (may_be_link(word) && is_link(shown, word, &seen) && is_elsewhere(&seen, url))
            return true;
    }
    return false;
}
