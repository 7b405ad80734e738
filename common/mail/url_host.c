/* The host of a link: percent-encoding, what browsers allow in it, addresses. */
#include "mail/url_host.h"

#include "base/utf8.h"
#include "mail/org_domain.h"

#define LABEL_MAX 63
#define HOST_MAX  253
/* Longest spelling looked at, ignored characters not counted: 253 bytes of A-labels are fewer in UTF-8 than this. */
#define SPELLING_MAX 1024

struct spelling {
    char text[SPELLING_MAX];
    size_t len;
    bool is_ascii;
};

/* One byte of the host; "%41" is one. -1 at the end. */
static int next_decoded(struct span *rest)
{
    int c = url_next(rest), high, low;
    struct span after = *rest;

    if (c != '%')
        return c;
    high = hex_value(url_next(&after));
    low = hex_value(url_next(&after));
    if (high < 0 || low < 0)
        return c;
    *rest = after;
    return high << 4 | low;
}

/* Some may stand there by the thousand, so they are dropped before anything has a limit. */
static void drop_ignored(struct spelling *s)
{
    for (size_t len = 2; len <= 4 && len <= s->len; len++) {
        struct span last = span_from(s->text + s->len - len, len);
        uint32_t code = utf8_next(&last);

        if (last.len > 0 || !url_is_ignored(code))
            continue;
        s->len -= len;
        return;
    }
}

static bool spell(struct span text, struct spelling *s)
{
    int c;

    s->len = 0;
    s->is_ascii = true;
    while ((c = next_decoded(&text)) >= 0) {
        if (s->len == SPELLING_MAX)
            return false;
        s->text[s->len++] = (char)c;
        if (c < 0x80)
            continue;
        s->is_ascii = false;
        drop_ignored(s);
    }
    return true;
}

/* WHATWG "forbidden domain code point"; above ASCII nothing is left at that time. */
static bool is_forbidden(unsigned char c)
{
    return c <= ' ' || c >= 0x7f || strchr("#/:<>?@[\\]^|%", c) != NULL;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Lower case, without a final dot. What the DNS cannot hold is refused. */
static bool copy_host(struct span text, char out_r[DOMAIN_SIZE])
{
    size_t label = 0, len;
    bool is_odd = false;
    char registered[DOMAIN_SIZE];

    if (span_ends(text, SPAN(".")))
        text.len--;
    if (text.len == 0 || text.len > HOST_MAX)
        return false;
    for (len = 0; len < text.len; len++) {
        char c = lower(text.ptr[len]);

        if (is_forbidden((unsigned char)c) || (c == '.' && label == 0))
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
        is_odd |= !is_plain(c);
        out_r[len] = c;
    }
    out_r[len] = '\0';
    /* Resolvers ask for "a!b.example.com"; nobody can register "a!b.com". */
    return label > 0 &&
           (!is_odd || domain_normalize(org_domain(span_from(out_r, len)), registered));
}

static bool read_ipv6(struct span text, struct url *url_r)
{
    char address[IP_TEXT_SIZE];
    size_t len = 0;
    int c;

    while ((c = url_next(&text)) >= 0 && c != ']') {
        if (len == sizeof(address) || (hex_value(c) < 0 && c != ':' && c != '.'))
            return false;
        address[len++] = (char)c;
    }
    if (c != ']' || url_next(&text) >= 0 || memchr(address, ':', len) == NULL ||
        !ip_parse(span_from(address, len), &url_r->ip))
        return false;
    url_r->is_ip = true;
    ip_text(&url_r->ip, url_r->host);
    return true;
}

static bool read_name(const struct spelling *s, struct url *url_r)
{
    struct span text = span_from(s->text, s->len);
    char ascii[DOMAIN_SIZE];

    if (!s->is_ascii) {
        if (!url_idna(text, ascii))
            return false;
        text = span_of(ascii);
    }
    if (!url_ends_in_number(text))
        return copy_host(text, url_r->host);
    url_r->is_ip = url_ipv4_read(text, &url_r->ip);
    if (url_r->is_ip)
        ip_text(&url_r->ip, url_r->host);
    return url_r->is_ip;
}

bool url_host_read(struct span text, struct url *url_r)
{
    struct spelling s;
    struct span rest = text;

    if (url_next(&rest) == '[' ? read_ipv6(rest, url_r)
                               : spell(text, &s) && read_name(&s, url_r))
        return true;
    url_r->host[0] = '\0';
    return false;
}
