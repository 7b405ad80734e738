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

/* The longest beginning of at most max bytes that ends with a whole character. */
static struct span cut(struct span utf8, size_t max)
{
    size_t len = utf8.len < max ? utf8.len : max;

    while (len < utf8.len && len > 0 && ((unsigned char)utf8.ptr[len] & 0xc0) == 0x80)
        len--;
    return span_trim(span_from(utf8.ptr, len));
}

void shown_read(struct span utf8, struct shown *shown_r)
{
    size_t len = 0;
    bool is_between = false;

    while (utf8.len > 0 && len + 5 <= sizeof(shown_r->bytes)) {
        uint32_t code = utf8_next(&utf8);

        if (is_blank(code)) {
            is_between = len > 0;
            continue;
        }
        if (is_between)
            shown_r->bytes[len++] = ' ';
        is_between = false;
        len += utf8_put(code == UTF8_BAD ? UTF8_REPLACEMENT : code, shown_r->bytes + len);
    }
    shown_r->all = span_from(shown_r->bytes, len);
    shown_r->text = cut(shown_r->all, LINK_SHOWN_MAX);
}

/* A word without the marks that surround it in a sentence. */
static struct span bare(struct span word)
{
    static const char before[] = "(<[{\"'*_", after[] = ")>]}\"'*_.,;:!?";

    while (word.len > 0 && memchr(before, word.ptr[0], sizeof(before) - 1) != NULL)
        word = span_from(word.ptr + 1, word.len - 1);
    while (word.len > 0 && memchr(after, word.ptr[word.len - 1], sizeof(after) - 1) != NULL)
        word.len--;
    return word;
}

/* The first word that is a link. */
static bool first_link(struct span rest, struct url *url_r)
{
    struct span word;
    size_t at;

    while (span_cut(&rest, ' ', &word)) {
        word = bare(word);
        if (url_find(word, &at) ? url_read(span_from(word.ptr + at, word.len - at), url_r)
                                : url_read_bare(word, url_r))
            return true;
    }
    return false;
}

bool shown_is_other(const struct shown *shown, const struct url *url)
{
    struct url seen;

    if (!first_link(shown->all, &seen))
        return false;
    if (seen.is_ip || url->is_ip)
        return strcmp(seen.host, url->host) != 0;
    return !span_equal(url_domain(&seen), url_domain(url));
}
