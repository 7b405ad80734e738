/* list_kinds.c - what the lists that bench_lists measures hold, and what they are asked. */
#include "t/bench/list_kinds.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/xalloc.h"
#include "t/lib/random.h"

static void make_v4(uint64_t *state, char text[KIND_TEXT])
{
    uint32_t net = (uint32_t)random_next(state);
    unsigned prefix = 20 + (unsigned)random_below(state, 13);

    net &= 0xffffffffu << (32 - prefix);
    snprintf(text, KIND_TEXT, "%u.%u.%u.%u/%u", net >> 24, net >> 16 & 255, net >> 8 & 255,
             net & 255, prefix);
}

/* All below one /8: the worst that an index over the first bits could get. */
static void make_v4_dense(uint64_t *state, char text[KIND_TEXT])
{
    uint32_t ip = (uint32_t)random_next(state);

    snprintf(text, KIND_TEXT, "10.%u.%u.%u", ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static void make_v6(uint64_t *state, char text[KIND_TEXT])
{
    unsigned prefix = 40 + 4 * (unsigned)random_below(state, 7);
    uint64_t net = random_next(state) >> 4 | (uint64_t)2 << 60;

    net &= UINT64_MAX << (64 - prefix);
    snprintf(text, KIND_TEXT, "%x:%x:%x:%x::/%u", (unsigned)(net >> 48),
             (unsigned)(net >> 32 & 0xffff), (unsigned)(net >> 16 & 0xffff),
             (unsigned)(net & 0xffff), prefix);
}

/* Hosts, sixteen or so in each /64. */
static void make_v6_host(uint64_t *state, char text[KIND_TEXT])
{
    unsigned net = (unsigned)random_below(state, 60000);
    uint64_t host = random_next(state);

    snprintf(text, KIND_TEXT, "2001:db8:%x:1:%x:%x:%x:%x", net, (unsigned)(host >> 48),
             (unsigned)(host >> 32 & 0xffff), (unsigned)(host >> 16 & 0xffff),
             (unsigned)(host & 0xffff));
}

static void make_domain(uint64_t *state, char text[KIND_TEXT])
{
    static const char *const ends[] = {"com", "net", "org", "example", "de", "co.uk"};
    const char *dot = random_below(state, 2) == 0 ? "." : "";

    snprintf(text, KIND_TEXT, "%s%c%" PRIx64 ".%s", dot, (char)('a' + random_below(state, 26)),
             random_below(state, 1u << 31), ends[random_below(state, 6)]);
}

/* One of eight is everybody at a domain. */
static void make_address(uint64_t *state, char text[KIND_TEXT])
{
    size_t len = 0;

    if (random_below(state, 8) != 0)
        len = (size_t)snprintf(text, KIND_TEXT, "u%" PRIu64, random_below(state, 100000));
    snprintf(text + len, KIND_TEXT - len, "@d%" PRIu64 ".example",
             random_below(state, 10000000));
}

const struct kind kinds[] = {
    {"IPv4 networks", LIST_IP, make_v4},   {"IPv4 in one /8", LIST_IP, make_v4_dense},
    {"IPv6 networks", LIST_IP, make_v6},   {"IPv6 hosts", LIST_IP, make_v6_host},
    {"domains", LIST_DOMAIN, make_domain}, {"addresses", LIST_ADDRESS, make_address},
};
const size_t kinds_count = sizeof kinds / sizeof kinds[0];

bool kind_holds(const struct kind *kind, const struct list_image *image,
                const struct kind_value *value)
{
    if (kind->type == LIST_IP)
        return list_holds_ip(image, NULL, &value->ip, NULL);
    return list_holds_text(image, NULL, kind->type, span_from(value->text, value->len), NULL);
}

/* Any address of the network. */
static struct ip host_in(uint64_t *state, const char *text)
{
    struct ipnet net = {.prefix = 128};

    ipnet_parse(span_of(text), &net, NULL);
    for (unsigned i = 15; i > 0 && net.prefix < i * 8 + 8; i--)
        net.ip.byte[i] |= (uint8_t)(random_next(state) >> 56) &
                          (uint8_t)(net.prefix <= i * 8 ? 0xff : 0xff >> (net.prefix - i * 8));
    return net.ip;
}

/* Mail asks with a host below a domain or with the domain, and with whole addresses. */
static void value_from(const struct kind *kind, uint64_t *state, const char *item,
                       struct kind_value *value)
{
    const char *before = item[0] == '.' ? "mx" : item[0] == '@' ? "u1" : "";

    if (kind->type == LIST_IP)
        value->ip = host_in(state, item);
    value->len = (size_t)snprintf(value->text, sizeof value->text, "%s%s", before, item);
}

struct kind_value *kind_values(const struct kind *kind, const struct list_image *image,
                               char (*items)[KIND_TEXT], size_t item_count, size_t count)
{
    struct kind_value *values = xcalloc(count, sizeof *values);
    uint64_t state = random_seeded(99);
    size_t hits = count / 2;

    for (size_t i = 0; i < count; i++) {
        bool is_hit = random_below(&state, count - i) < hits;
        char text[KIND_TEXT];
        do {
            if (!is_hit)
                kind->make(&state, text);
            value_from(kind, &state, is_hit ? items[random_below(&state, item_count)] : text,
                       &values[i]);
        } while (kind_holds(kind, image, &values[i]) != is_hit);
        hits -= is_hit;
    }
    return values;
}
