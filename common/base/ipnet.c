/* IP addresses and networks, IPv4 inside ::ffff:0:0/96 so that there is one kind. */
#include "base/ipnet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/err.h"

#define V4_PREFIX 96

static const uint8_t v4_head[12] = {[10] = 0xff, [11] = 0xff};

/* RFC 5321 section 4.1.3 writes [IPv6:2001:db8::1]; Postfix writes both [..] and bare. */
static struct span unwrapped(struct span text)
{
    if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = span_from(text.ptr + 1, text.len - 2);
    if (span_istarts(text, SPAN("IPv6:")))
        text = span_skip(text, 5);
    return text;
}

bool ip_parse(struct span text, struct ip *ip_r)
{
    char copy[INET6_ADDRSTRLEN];

    text = unwrapped(text);
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET6, copy, ip_r->byte) == 1)
        return true;
    memcpy(ip_r->byte, v4_head, sizeof(v4_head));
    return inet_pton(AF_INET, copy, ip_r->byte + sizeof(v4_head)) == 1;
}

bool ip_is_v4(const struct ip *ip)
{
    return memcmp(ip->byte, v4_head, sizeof(v4_head)) == 0;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
    return ip_compare(a, b) == 0;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
    return memcmp(a->byte, b->byte, sizeof(a->byte));
}

const char *ip_text(const struct ip *ip, char buf[IP_TEXT_SIZE])
{
    bool is_v4 = ip_is_v4(ip);
    const uint8_t *from = is_v4 ? ip->byte + sizeof(v4_head) : ip->byte;

    return inet_ntop(is_v4 ? AF_INET : AF_INET6, from, buf, IP_TEXT_SIZE);
}

/* Bits of the byte at index that belong to the network. */
static uint8_t mask_at(unsigned prefix, unsigned index)
{
    unsigned bits = prefix <= index * 8 ? 0 : prefix - index * 8;

    return bits >= 8 ? 0xff : (uint8_t)(0xff00u >> bits);
}

static struct ip masked(const struct ip *ip, unsigned prefix)
{
    struct ip net;

    for (unsigned i = 0; i < sizeof(net.byte); i++)
        net.byte[i] = ip->byte[i] & mask_at(prefix, i);
    return net;
}

static int parse_prefix(struct span text, unsigned most, uint8_t *prefix_r, struct err *err)
{
    uint64_t bits;

    if (!span_to_u64(text, most, &bits))
        return err_set(err, "\"%.*s\" is no prefix length; write a number from 0 to %u",
                       SPAN_ARG(text), most);
    *prefix_r = (uint8_t)(bits + (128 - most));
    return 0;
}

int ipnet_parse(struct span text, struct ipnet *net_r, struct err *err)
{
    struct span rest = text, address, prefix = {NULL, 0};
    struct ipnet found;
    struct ip ip;
    char buf[IP_TEXT_SIZE];
    bool is_written_v6;

    if (!span_cut(&rest, '/', &address) || !ip_parse(address, &ip))
        return err_set(err,
                       "\"%.*s\" is no IP address or network; write 192.0.2.1, 192.0.2.0/24 or "
                       "2001:db8::/32",
                       (int)(text.len < 80 ? text.len : 80), text.ptr != NULL ? text.ptr : "");
    is_written_v6 = memchr(address.ptr, ':', address.len) != NULL;
    found.prefix = 128;
    prefix = rest;
    if (prefix.ptr != NULL &&
        parse_prefix(prefix, is_written_v6 ? 128 : 32, &found.prefix, err) < 0)
        return -1;
    found.ip = masked(&ip, found.prefix);
    if (!ip_equal(&found.ip, &ip))
        return err_set(err, "host bits are set; did you mean %s?", ipnet_text(&found, buf));
    *net_r = found;
    return 0;
}

bool ipnet_holds(const struct ipnet *net, const struct ip *ip)
{
    struct ip of = masked(ip, net->prefix);

    return ip_equal(&of, &net->ip);
}

int ipnet_family_prefix(const struct ipnet *net)
{
    bool is_v4 = net->prefix >= V4_PREFIX && ip_is_v4(&net->ip);

    return is_v4 ? net->prefix - V4_PREFIX : net->prefix;
}

const char *ipnet_text(const struct ipnet *net, char buf[IP_TEXT_SIZE])
{
    size_t len;

    ip_text(&net->ip, buf);
    len = strlen(buf);
    if (net->prefix < 128)
        snprintf(buf + len, IP_TEXT_SIZE - len, "/%d", ipnet_family_prefix(net));
    return buf;
}
