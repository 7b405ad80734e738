/* type_texts: what names, paths, zones and sockets in postgate.cf must look like. */
#include "conf/type_texts.h"
#include <stdio.h>
#include <unistd.h>
#include "base/ipnet.h"
#include "conf/dnsbl_zone.h"
#include "conf/setting_type.h"
#include "conf/settings.h"

#define ZONE_DIR "/usr/share/zoneinfo"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Every byte a letter, a digit or one of `others`. */
static bool is_made_of(struct span text, const char *others)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_alnum(text.ptr[i]) && (text.ptr[i] == '\0' || !strchr(others, text.ptr[i])))
            return false;
    return true;
}

int type_check_name(struct span text, struct err *err)
{
    if (text.len > 255 || !is_made_of(text, ".-_") || !is_alnum(text.ptr[0]))
        return err_set(
            err, "a name has letters, digits, dots, - and _, begins with a letter or digit "
                 "and is at most 255 long");
    return 0;
}

int type_check_token(struct span text, struct err *err)
{
    if (text.len > 255 || !is_made_of(text, "!#$%&'*+-.^_`|~:/@[]"))
        return err_set(err,
                       "this must be one word without blanks, quotes, commas or semicolons");
    return 0;
}

int type_check_zone(struct span text, struct err *err)
{
    char path[512];
    size_t at;

    if (text.len > 64 || !is_made_of(text, "/_+-") || text.ptr[0] == '/' ||
        span_find(text, SPAN(".."), &at))
        return err_set(
            err, "this is not the name of a time zone; write one as Europe/Madrid or UTC");
    snprintf(path, sizeof(path), ZONE_DIR "/%.*s", SPAN_ARG(text));
    if (access(ZONE_DIR, X_OK) == 0 && access(path, R_OK) == -1)
        return err_set(
            err, "there is no time zone `%.*s` in " ZONE_DIR "; write one as Europe/Madrid",
            SPAN_ARG(text));
    return 0;
}

int type_check_path(struct span text, struct err *err)
{
    size_t at;

    if (text.ptr[0] != '/')
        return err_set(err, "`%.*s` is not absolute; a path begins with /", SPAN_ARG(text));
    if (span_find(text, SPAN("/../"), &at) || span_ends(text, SPAN("/..")))
        return err_set(err, "`%.*s` holds `..`; write where it leads", SPAN_ARG(text));
    if (span_starts(text, SPAN("//")))
        return err_set(err, "`%.*s` begins with two slashes; one is right", SPAN_ARG(text));
    return 0;
}

int type_check_socket(struct span text, struct err *err)
{
    struct socket_address address;

    return socket_address_parse(text, &address, err);
}

/* Walks a comma-separated text; every part must pass, and there may be SETTING_MAX_PARTS of them. */
static int check_parts(struct span text, int (*check)(struct span, struct err *),
                       struct err *err)
{
    struct span part;
    size_t count = 0;

    while (span_cut(&text, ',', &part)) {
        part = span_trim(part);
        if (part.len == 0)
            return err_set(err, "there is nothing between two commas, or behind the last");
        if (++count > SETTING_MAX_PARTS)
            return err_set(err, "at most %d can be given", SETTING_MAX_PARTS);
        if (check(part, err) == -1)
            return -1;
    }
    return 0;
}

int type_check_sockets(struct span text, struct err *err)
{
    return check_parts(text, type_check_socket, err);
}

/* HOST:PORT, checked as the inet socket it would be. */
static int parse_host_port(struct span text, struct socket_address *address_r, struct err *err)
{
    char socket[SETTING_MAX_TEXT + 8];

    snprintf(socket, sizeof(socket), "inet:%.*s", SPAN_ARG(text));
    return socket_address_parse(span_of(socket), address_r, err);
}

static int check_host_port(struct span text, struct err *err)
{
    struct socket_address address;

    return parse_host_port(text, &address, err);
}

int type_check_listener(struct span text, struct err *err)
{
    struct socket_address address;
    struct ip ip;

    if (span_starts(text, SPAN("inet:")) || span_starts(text, SPAN("unix:")) ||
        parse_host_port(text, &address, NULL) == -1 || !ip_parse(span_of(address.host), &ip))
        return err_set(err,
                       "`%.*s` is not ADDRESS:PORT; write it as master.cf has it, such as "
                       "192.0.2.25:2525",
                       SPAN_ARG(text));
    return 0;
}

static int check_resolver(struct span text, struct err *err)
{
    struct span address = text, rest = text;
    uint64_t port = 53;
    struct ip ip;

    span_cut(&rest, '@', &address);
    if (!ip_parse(address, &ip))
        return err_set(err,
                       "`%.*s` is not an IP address; write ADDRESS@PORT, such as 127.0.0.1@53",
                       SPAN_ARG(address));
    if (rest.ptr && (!span_to_u64(rest, 65535, &port) || port == 0))
        return err_set(err, "`%.*s` is not a port; write ADDRESS@PORT, such as 127.0.0.1@53",
                       SPAN_ARG(rest));
    return 0;
}

int type_check_resolvers(struct span text, struct err *err)
{
    return check_parts(text, check_resolver, err);
}

#define TRUSTED_WIDEST_IPV4 8 /* as of lists that are changed without --force */
#define TRUSTED_WIDEST_IPV6 19

static int check_trusted(struct span text, struct err *err)
{
    struct span id = text, network = text;
    struct ipnet net;

    span_cut(&network, '@', &id);
    if (!network.ptr || id.len == 0)
        return err_set(err, "`%.*s` is not ID@NETWORK, such as mx.example.net@192.0.2.0/24",
                       SPAN_ARG(text));
    if (type_check_token(id, err) == -1)
        return -1;
    if (ipnet_parse(network, &net, err) != 0)
        return -1;
    if (net.prefix < (ip_is_v4(&net.ip) ? 96 + TRUSTED_WIDEST_IPV4 : TRUSTED_WIDEST_IPV6))
        return err_set(err,
                       "`%.*s` is nearly everybody, who could then write any result; name the "
                       "gateway's own network",
                       SPAN_ARG(network));
    return 0;
}

int type_check_trusted(struct span text, struct err *err)
{
    return check_parts(text, check_trusted, err);
}

int type_check_redis(struct span text, struct err *err)
{
    struct span hosts = text, name;

    if (!span_starts(text, SPAN("sentinel:")))
        return type_check_socket(text, err);
    hosts = span_skip(text, 9);
    span_cut(&hosts, '@', &name);
    if (!hosts.ptr || name.len == 0)
        return err_set(err, "`%.*s` is not sentinel:NAME@HOST:PORT,...", SPAN_ARG(text));
    return check_parts(hosts, check_host_port, err);
}

static int check_domain(struct span text, struct err *err)
{
    struct span rest = text, label;

    if (text.len > 253 || !is_made_of(text, ".-_"))
        return err_set(err, "`%.*s` is not a domain; write it in ASCII, such as example.com",
                       SPAN_ARG(text));
    while (span_cut(&rest, '.', &label))
        if (label.len == 0 || label.len > 63)
            return err_set(err, "`%.*s` has a part that is empty or over 63 bytes",
                           SPAN_ARG(text));
    return 0;
}

int type_check_domains(struct span text, struct err *err)
{
    return check_parts(text, check_domain, err);
}

int type_check_address(struct span text, struct err *err)
{
    struct span domain = text, local;

    span_cut(&domain, '@', &local);
    if (!domain.ptr || local.len == 0 || local.len > 64 || !is_made_of(local, ".-_+="))
        return err_set(err,
                       "`%.*s` is not an address; write one such as postmaster@example.com",
                       SPAN_ARG(text));
    return check_domain(domain, err);
}

static int check_zone_part(struct span text, struct err *err)
{
    struct dnsbl_zone zone;

    return dnsbl_zone_parse(text, &zone, err);
}

int type_check_zones(struct span text, struct err *err)
{
    struct dnsbl_zone zones[DNSBL_ZONES_MAX];

    if (check_parts(text, check_zone_part, err) == -1)
        return -1;
    return dnsbl_zones_parse(text, zones, err) < 0 ? -1 : 0;
}
