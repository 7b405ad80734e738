/* Links: the scheme, and where the host stands in what follows it. */
#include "mail/url.h"

#include "mail/org_domain.h"
#include "mail/url_host.h"

/* Those of the web, and those that programs and telephones open with one touch. */
static const char *const schemes[] = {"http",         "https",         "ftp",    "ws",
                                      "wss",          "file",          "webcal", "webcals",
                                      "googlechrome", "googlechromes", "intent"};

int url_next(struct span *rest)
{
    while (rest->len > 0) {
        unsigned char c = (unsigned char)*rest->ptr;

        *rest = span_skip(*rest, 1);
        if (c != '\t' && c != '\n' && c != '\r')
            return c;
    }
    return -1;
}

static bool is_scheme(struct span name)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (span_iequal(name, span_of(schemes[i])))
            return true;
    return false;
}

/* Takes "http:" off *rest. */
static bool take_scheme(struct span *rest, bool *is_file_r)
{
    struct span after = *rest;
    char name[URL_SCHEME_MAX + 1];
    size_t len = 0;
    int c;

    while ((c = url_next(&after)) > 0 && c != ':' && len <= URL_SCHEME_MAX)
        name[len++] = (char)c;
    if (c != ':' || !is_scheme(span_from(name, len)))
        return false;
    *is_file_r = span_iequal(span_from(name, len), SPAN("file"));
    *rest = after;
    return true;
}

/* Takes all slashes off *rest; how many. Browsers take a backslash for one. */
static size_t take_slashes(struct span *rest)
{
    size_t count = 0;
    struct span after = *rest;
    int c;

    while ((c = url_next(&after)) == '/' || c == '\\') {
        *rest = after;
        count++;
    }
    return count;
}

/* C0 controls and blanks around a link are not there for a browser. */
static struct span trimmed(struct span text)
{
    while (text.len > 0 && (unsigned char)text.ptr[0] <= ' ')
        text = span_skip(text, 1);
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ')
        text.len--;
    return text;
}

/* What stands before the path. */
struct authority {
    struct span host, port;
    bool has_user;
    size_t len;
};

static struct authority authority_of(struct span rest)
{
    struct authority found = {.host = rest};
    bool is_bracket = false;
    size_t at, host = 0;

    for (at = 0; at < rest.len && memchr("/\\?#", rest.ptr[at], 4) == NULL; at++) {
        if (rest.ptr[at] != '@')
            continue;
        found.has_user = true;
        host = at + 1;
    }
    found.len = at;
    found.host = span_from(rest.ptr + host, at - host);
    found.port = span_from(rest.ptr + at, 0);
    for (at = 0; at < found.host.len; at++) {
        char c = found.host.ptr[at];

        is_bracket = c == '[' || (is_bracket && c != ']');
        if (c != ':' || is_bracket)
            continue;
        found.port = span_from(found.host.ptr + at + 1, found.host.len - at - 1);
        found.host.len = at;
    }
    return found;
}

static bool is_port(struct span text)
{
    unsigned value = 0;
    int c;

    while ((c = url_next(&text)) >= 0) {
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (unsigned)(c - '0');
        if (value > 65535)
            return false;
    }
    return true;
}

/* text begins before rest, what follows the slashes. */
static bool read_authority(struct span text, struct span rest, struct url *url_r)
{
    struct authority found = authority_of(rest);

    url_r->tail = (size_t)(rest.ptr - text.ptr) + found.len;
    return is_port(found.port) && url_host_read(found.host, url_r);
}

/* Takes what leads to a host off *rest. "file://host" names one, "file:////host" is another way to write "\\\\host", and "file:///path" is here. */
static bool has_way(struct span *rest)
{
    struct span after = *rest;
    bool is_file = false, has_scheme = take_scheme(&after, &is_file);
    size_t slashes = take_slashes(&after);

    if (has_scheme ? is_file && (slashes < 2 || slashes == 3) : slashes < 2)
        return false;
    *rest = after;
    return true;
}

bool url_read(struct span text, struct url *url_r)
{
    struct span rest = trimmed(text);

    *url_r = (struct url){.tail = 0};
    return has_way(&rest) && read_authority(text, rest, url_r);
}

/* Where the last label of a host in any spelling begins. */
static struct span last_label(struct span host)
{
    static const struct span dots[] = {{".", 1}, {"\u3002", 3}, {"\uff0e", 3}, {"\uff61", 3}};

    for (size_t at = host.len; at > 0; at--)
        for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++)
            if (at < host.len && span_ends(span_from(host.ptr, at), dots[i]))
                return span_skip(host, at);
    return host;
}

/* Before anything that takes long: most texts with a dot in them are no hosts. */
static bool is_known(struct span host)
{
    char last[DOMAIN_SIZE];

    return domain_normalize(last_label(host), last) && org_domain_is_known(span_of(last));
}

bool url_read_bare(struct span text, struct url *url_r)
{
    struct span rest = trimmed(text);
    struct authority found;
    const char *dot;

    *url_r = (struct url){.tail = 0};
    if (has_way(&rest))
        return read_authority(text, rest, url_r);
    found = authority_of(rest);
    if (found.has_user || !is_known(found.host) || !read_authority(text, rest, url_r))
        return false;
    dot = strrchr(url_r->host, '.');
    return !url_r->is_ip && dot != NULL && org_domain_is_known(span_of(dot + 1));
}

/* Any other is none that we write; how it would be written, many characters above ASCII take long to tell. */
static bool may_be_ours(struct span host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] <= ' ' || host.ptr[i] >= 0x7f)
            return false;
    return host.len > 0 && host.len < DOMAIN_SIZE;
}

bool url_read_host(struct span host, struct url *url_r)
{
    struct ip ip;
    bool is_ipv6 = ip_parse(host, &ip) && memchr(host.ptr, ':', host.len) != NULL;

    *url_r = (struct url){.is_ip = is_ipv6};
    if (!may_be_ours(host))
        return false;
    if (is_ipv6) {
        url_r->ip = ip;
        ip_text(&ip, url_r->host);
    } else if (!url_host_read(host, url_r)) {
        return false;
    }
    return span_is(host, url_r->host);
}

/* How many letters of a scheme end before at; 0 when it is none. */
static size_t scheme_before(struct span text, size_t at)
{
    for (size_t len = URL_SCHEME_MAX < at ? URL_SCHEME_MAX : at; len >= 2; len--)
        if (is_scheme(span_from(text.ptr + at - len, len)))
            return len;
    return 0;
}

bool url_find(struct span text, size_t *at_r)
{
    for (size_t at = 0; at + 1 < text.len; at++) {
        const char *colon = memchr(text.ptr + at, ':', text.len - 1 - at);
        size_t len;

        if (colon == NULL)
            return false;
        at = (size_t)(colon - text.ptr);
        len = colon[1] == '/' || colon[1] == '\\' ? scheme_before(text, at) : 0;
        if (len == 0)
            continue;
        *at_r = at - len;
        return true;
    }
    return false;
}

struct span url_domain(const struct url *url)
{
    return url->is_ip ? (struct span){"", 0} : org_domain(span_of(url->host));
}
