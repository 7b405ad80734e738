/* links_text.c - finds links in running text, as mail programs make links of it. Where they disagree all readings are taken. */
#include "base/str.h"
#include "base/utf8.h"
#include "mail/url.h"
#include "milter/inspect/links.h"

#define HOST_MAX 1024 /* bytes of a host in any spelling */
#define DOT_FULL "\xe3\x80\x82"

struct scan {
    struct links *links;
    struct span text;
    size_t at;
};

/* Ends a host. What is not among them may stand in one: ideographic and full-width dots too. */
static const struct {
    uint32_t low, high;
    bool is_blank; /* ends a link too */
} breaks[] = {
    {0x0080, 0x00a0, true},  {0x00a1, 0x00ac, false}, {0x00ae, 0x00b1, false},
    {0x00b4, 0x00b4, false}, {0x00b6, 0x00b6, false}, {0x00bb, 0x00bb, false},
    {0x00bf, 0x00bf, false}, {0x1680, 0x1680, true},  {0x2000, 0x200a, true},
    {0x2010, 0x2027, false}, {0x2028, 0x2029, true},  {0x202f, 0x202f, true},
    {0x2030, 0x205e, false}, {0x205f, 0x205f, true},  {0x2190, 0x25ff, false},
    {0x3000, 0x3000, true},  {0x3001, 0x3001, false}, {0x3008, 0x3011, false},
    {0x3014, 0x301f, false}, {0xff01, 0xff0c, false}, {0xff0f, 0xff0f, false},
    {0xff1a, 0xff20, false}, {0xff3b, 0xff3e, false}, {0xff5b, 0xff60, false},
    {0xff62, 0xff64, false}, {0xfffd, 0xfffd, false},
};

static struct span part(const struct scan *s, size_t from, size_t to)
{
    return span_from(s->text.ptr + from, to - from);
}

/* The character at `at`; its length. */
static size_t character(const struct scan *s, size_t at, uint32_t *code_r)
{
    struct span rest = part(s, at, s->text.len);

    *code_r = utf8_next(&rest);
    return (size_t)(rest.ptr - s->text.ptr) - at;
}

static bool is_break(uint32_t code, bool only_blanks)
{
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks && code >= breaks[i].low; i++)
        if (code <= breaks[i].high)
            return breaks[i].is_blank || !only_blanks;
    return false;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_of_host(char c)
{
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

static bool is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* What stands at `at`; a blank past the end. */
static char peek(const struct scan *s, size_t at)
{
    return at < s->text.len ? s->text.ptr[at] : ' ';
}

/* Where the letters of a host that begin at `at` end. */
static size_t run_end(const struct scan *s, size_t at)
{
    while (at < s->text.len) {
        uint32_t code;
        size_t len = 1;

        if (is_ascii(s->text.ptr[at]) ? !is_of_host(s->text.ptr[at])
                                      : (len = character(s, at, &code), is_break(code, false)))
            break;
        at += len;
    }
    return at;
}

/* Where a link ends that has come to `at`; also at one of `more`, and at most at `limit`. */
static size_t link_end(const struct scan *s, size_t at, const char *more, size_t limit)
{
    while (at < s->text.len && at < limit) {
        char c = s->text.ptr[at];
        uint32_t code;
        size_t len = 1;

        if (is_ascii(c)
                ? (unsigned char)c <= ' ' || is_one_of(c, "<>\"|\x7f") || is_one_of(c, more)
                : (len = character(s, at, &code), is_break(code, true)))
            break;
        at += len;
    }
    return at;
}

/* The last character of a link is the sentence's. pending: of () [] {} how many more are closed than opened. */
static size_t sentence_mark(const struct scan *s, size_t from, size_t to, int pending[3])
{
    static const char closing[] = ")]}";
    size_t at = to - 1, which;
    char c = s->text.ptr[at];
    uint32_t code;

    if (is_ascii(c)) {
        which = is_one_of(c, closing) ? (size_t)(strchr(closing, c) - closing) : 3;
        if (which < 3)
            return pending[which]-- > 0;
        return is_one_of(c, ".,;:!?'*_~`\\");
    }
    while (at > from && ((unsigned char)s->text.ptr[at] & 0xc0) == 0x80)
        at--;
    (void)character(s, at, &code);
    return is_break(code, false) || code == 0x3002 || code == 0xff0e || code == 0xff61 ? to - at
                                                                                       : 0;
}

/* Without the punctuation of the sentence that it stands in. */
static size_t trim(const struct scan *s, size_t from, size_t to)
{
    static const char brackets[] = "()[]{}";
    int pending[3] = {0, 0, 0};
    size_t mark;

    for (size_t i = from; i < to; i++)
        if (is_one_of(s->text.ptr[i], brackets)) {
            size_t which = (size_t)(strchr(brackets, s->text.ptr[i]) - brackets);
            pending[which / 2] += which % 2 == 1 ? 1 : -1;
        }
    while (to > from && (mark = sentence_mark(s, from, to, pending)) > 0)
        to -= mark;
    return to;
}

/* How many letters of a scheme with slashes behind it end at `colon`. */
static size_t scheme_len(const struct scan *s, size_t start, size_t colon)
{
    static const char *const schemes[] = {"https", "http", "ftp", "file", "webcal"};

    if (peek(s, colon) != ':' || !is_one_of(peek(s, colon + 1), "/\\"))
        return 0;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]);
        if (len <= colon - start &&
            span_iequal(part(s, colon - len, colon), span_of(schemes[i])))
            return len;
    }
    return 0;
}

/* A program may end the link where the letters of an ordinary host end: at a comma, or where a sentence in another script goes on. */
static size_t strict_end(const struct scan *s, size_t from, size_t to)
{
    struct url url;
    size_t at = from;

    while (at < to && (is_of_host(s->text.ptr[at]) || is_one_of(s->text.ptr[at], ":%@[]")))
        at++;
    if (at < to && !is_ascii(s->text.ptr[at]) && !url_read_bare(part(s, from, at), &url))
        return to;
    return at;
}

/* The link whose scheme begins at `start`; from the authority's first byte. Nothing of an authority is looked at twice as a link: it holds
 * no slash, and every other link has one before its own. */
static void take_link(struct scan *s, size_t start, size_t from)
{
    size_t end = link_end(s, from, "/\\?#", SIZE_MAX), host_end, strict;
    bool has_path = is_one_of(peek(s, end), "/\\?#"), is_found;
    struct url url;

    host_end = has_path ? end : trim(s, start, end);
    strict = strict_end(s, from, host_end > from ? host_end : from);
    is_found = url_read(part(s, start, host_end), &url);
    s->at = from;
    if (is_found) {
        end = has_path ? trim(s, start, link_end(s, end, "", end + URL_TEXT_MAX)) : host_end;
        links_add_shown(s->links, part(s, start, end), false);
        s->at = end > from ? end : from;
    }
    if (strict >= host_end || (is_found && memchr(s->text.ptr + from, '@', host_end - from)) ||
        !url_read(part(s, start, strict), &url))
        return;
    links_add_shown(s->links, part(s, start, strict), false);
    s->at = s->at > strict ? s->at : strict;
}

/* "www.": a link whatever its last label is. */
static void add_www(struct links *links, struct span text)
{
    struct str target = STR_EMPTY;

    str_adds(&target, "http://");
    str_add(&target, text);
    links_add(links, str_span(&target), text);
    str_clear(&target);
}

static bool is_www(struct span host)
{
    return span_istarts(host, SPAN("www.")) && host.len > 4;
}

static bool is_host(struct span host)
{
    struct url url;
    size_t at;

    if (host.len > HOST_MAX || host.len < 3)
        return false;
    if (is_www(host))
        return true;
    return (memchr(host.ptr, '.', host.len) != NULL || span_find(host, SPAN(DOT_FULL), &at) ||
            span_find(host, SPAN("\xef\xbc\x8e"), &at) ||
            span_find(host, SPAN("\xef\xbd\xa1"), &at)) &&
           url_read_bare(host, &url);
}

/* Letters that may be a host without a scheme. What follows them is part of the link when they end where the run ends. */
static void try_host(struct scan *s, size_t from, size_t to, size_t end_of_run)
{
    char next = peek(s, to), after = peek(s, to + 1);
    size_t end;
    bool has_path = to == end_of_run &&
                    (is_one_of(next, "/?#") || (next == ':' && after >= '0' && after <= '9'));

    while (from < to && is_one_of(s->text.ptr[from], "-_."))
        from++;
    end = trim(s, from, to);
    while (end > from && s->text.ptr[end - 1] == '-')
        end--;
    has_path &= end == to;
    if (end == from || (to == end_of_run && next == '@') || !is_host(part(s, from, end)))
        return;
    /* "a.is(" and "a.name = b" are code */
    if (to == end_of_run && is_one_of(next, "(=") && !is_www(part(s, from, end)))
        return;
    if (has_path)
        end = trim(s, from, link_end(s, end, "", end + URL_TEXT_MAX));
    if (is_www(part(s, from, end)))
        add_www(s->links, part(s, from, end));
    else
        links_add_shown(s->links, part(s, from, end), true);
    s->at = s->at > end ? s->at : end;
}

/* The letters of a run as one host, and of each row of ASCII letters among others: "visit" and a host in Chinese have no blank between them. */
static void try_run(struct scan *s, size_t start, size_t end)
{
    char before = start > 0 ? s->text.ptr[start - 1] : ' ';
    size_t from = start, to;

    for (to = start; to < end && is_ascii(s->text.ptr[to]);)
        to++;
    if (to < end && !is_one_of(before, "@/\\"))
        try_host(s, start, end, end);
    for (; from < end; from = to) {
        for (to = from; to < end && is_ascii(s->text.ptr[to]);)
            to++;
        if (to > from && !(from > start && s->text.ptr[from] == '.') &&
            !(from == start && is_one_of(before, "@/\\")))
            try_host(s, from, to, end);
        while (to < end && !is_ascii(s->text.ptr[to]))
            to++;
    }
}

static void take_run(struct scan *s, size_t end)
{
    size_t start = s->at, scheme = scheme_len(s, start, end), from = end + 1;

    s->at = end;
    try_run(s, start, end - scheme);
    if (scheme == 0 || s->at > end)
        return;
    while (is_one_of(peek(s, from), "/\\"))
        from++;
    take_link(s, end - scheme, from);
}

void links_in_text(struct links *links, struct span utf8)
{
    struct scan s = {.links = links, .text = utf8};

    while (s.at < utf8.len && !links_are_full(links)) {
        size_t end = run_end(&s, s.at);
        uint32_t code;

        if (end > s.at)
            take_run(&s, end);
        else
            s.at += character(&s, s.at, &code);
    }
}
