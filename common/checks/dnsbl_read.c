/* dnsbl_read.c - the names that lists are asked for, and what their answers mean. */
#include <stdio.h>
#include "base/str.h"
#include "mail/domain.h"
#include "checks/dnsbl_list.h"

#define OF(kind)     (1u << (kind))
#define OF_ADDRESSES (OF(DNSBL_CLIENT) | OF(DNSBL_ALLOW))
#define OF_ALL       (OF_ADDRESSES | OF(DNSBL_SENDER) | OF(DNSBL_URL))

/* What lists say to those they do not answer, as operators of large ones document it (Spamhaus, URIBL and SURBL, dnswl.org). What the settings
 * count as a listing in so many words is one, but for 127.255.255.x. */
static const struct refusal {
    uint8_t answer[4];
    unsigned kinds;
    const char *meaning;
} refusals[] = {
    {{127, 255, 255, 252}, OF_ALL, "the name of the zone is not written as it should be"},
    {{127, 255, 255, 254},
     OF_ALL,
     "it does not answer public resolvers; set resolver to one of your own, or ask its "
     "operator "
     "for a key"},
    {{127, 255, 255, 255},
     OF_ALL,
     "it was asked too often; ask its operator for an account, or remove the zone"},
    {{127, 0, 1, 255},
     OF_ADDRESSES,
     "it lists domains, not addresses; move the zone to dnsbl_sender_zones or "
     "dnsbl_url_zones"},
    {{127, 0, 0, 1},
     OF_ALL,
     "it refuses to answer this resolver; set resolver to one of your own, or ask its "
     "operator for an account"},
    {{127, 0, 0, 255},
     OF(DNSBL_ALLOW),
     "it refuses to answer this resolver; set resolver to one of your own, or ask its "
     "operator for an account"},
};

#define V4(a, b, prefix)                                                                       \
    {                                                                                          \
        {{[10] = 0xff, 0xff, a, b}}, 96 + (prefix)                                             \
    }
#define V6(a, b, prefix)                                                                       \
    {                                                                                          \
        {{a, b}}, prefix                                                                       \
    }

/* Addresses of private use, of this machine, and of no machine: they mean nothing to the world's lists. */
static const struct ipnet not_public[] = {
    V4(0, 0, 8),      V4(10, 0, 8),    V4(100, 64, 10),    V4(127, 0, 8),
    V4(169, 254, 16), V4(172, 16, 12), V4(192, 168, 16),   V4(224, 0, 3),
    V6(0, 0, 64),     V6(0xfc, 0, 7),  V6(0xfe, 0x80, 10), V6(0xff, 0, 8),
};

bool dnsbl_is_public(const struct ip *ip)
{
    for (size_t i = 0; i < sizeof not_public / sizeof *not_public; i++)
        if (ipnet_holds(&not_public[i], ip) && (!ip_is_v4(ip) || not_public[i].prefix >= 96))
            return false;
    return true;
}

void dnsbl_address_name(struct str *out, const struct dnsbl_list *list, const struct ip *ip)
{
    static const char digits[] = "0123456789abcdef";
    char nibbles[4 * sizeof ip->byte], *at = nibbles;

    if (ip_is_v4(ip)) {
        str_printf(out, "%u.%u.%u.%u.", ip->byte[15], ip->byte[14], ip->byte[13], ip->byte[12]);
    } else {
        for (size_t i = sizeof ip->byte; i-- > 0;) {
            *at++ = digits[ip->byte[i] & 15];
            *at++ = '.';
            *at++ = digits[ip->byte[i] >> 4];
            *at++ = '.';
        }
        str_add(out, span_from(nibbles, sizeof nibbles));
    }
    str_add(out, list->zone.name);
}

bool dnsbl_domain_name(struct str *out, const struct dnsbl_list *list, struct span domain)
{
    size_t start = out->len;
    char normal[DOMAIN_SIZE];

    if (!domain_normalize(domain, normal))
        return false;
    str_adds(out, normal);
    str_addc(out, '.');
    str_add(out, list->zone.name);
    return dns_name_is_valid(span_from(out->ptr + start, out->len - start));
}

static bool is_listing_by_name(const struct dnsbl_zone *zone, const uint8_t answer[4])
{
    return zone->answer_count > 0 && dnsbl_zone_counts(zone, answer);
}

/* Of domains 127.0.1.255 is an answer like any other. */
static const char *refusal_meaning(const struct dnsbl_list *list, const uint8_t answer[4])
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (memcmp(refusals[i].answer, answer, 4) == 0 &&
            (refusals[i].kinds & OF(list->kind)) != 0 &&
            (answer[1] == 255 || !is_listing_by_name(&list->zone, answer)))
            return refusals[i].meaning;
    return answer[0] == 127 && answer[1] == 255 && answer[2] == 255 ? "it refuses to answer us"
                                                                    : NULL;
}

/* "No addresses, please" of a list of domains that was asked for the address in a link (Spamhaus DBL). */
static bool is_for_domains_only(const struct dnsbl_list *list, const uint8_t answer[4])
{
    static const uint8_t no_addresses[4] = {127, 0, 1, 255};

    return list->kind == DNSBL_URL && memcmp(answer, no_addresses, sizeof no_addresses) == 0 &&
           !is_listing_by_name(&list->zone, answer);
}

static enum dnsbl_said read_record(const struct dnsbl_list *list, const uint8_t answer[4],
                                   char why_r[DNSBL_TEXT])
{
    const char *meaning = refusal_meaning(list, answer);

    if (meaning == NULL && is_for_domains_only(list, answer))
        return DNSBL_NOT_LISTED;
    if (meaning == NULL && dnsbl_zone_counts(&list->zone, answer))
        return DNSBL_LISTED;
    if (meaning == NULL && answer[0] == 127)
        return DNSBL_NOT_LISTED;
    snprintf(why_r, DNSBL_TEXT, "it answers %u.%u.%u.%u: %s", answer[0], answer[1], answer[2],
             answer[3],
             meaning != NULL ? meaning
                             : "no list says that; whoever has the domain now may answer "
                               "everything so, remove the zone");
    return DNSBL_REFUSED;
}

/* A refusal stands above what else it says. */
static enum dnsbl_said read_records(const struct dnsbl_list *list,
                                    const struct dns_answer *answer, char why_r[DNSBL_TEXT])
{
    enum dnsbl_said said = DNSBL_NOT_LISTED;

    for (size_t i = 0; i < answer->count && said != DNSBL_REFUSED; i++) {
        uint8_t bytes[4];
        enum dnsbl_said one;
        if (answer->records[i].len != sizeof bytes)
            continue;
        memcpy(bytes, answer->records[i].ptr, sizeof bytes);
        one = read_record(list, bytes, why_r);
        if (one != DNSBL_NOT_LISTED)
            said = one;
    }
    return said;
}

enum dnsbl_said dnsbl_read(const struct dnsbl_list *list, const struct dns_answer *answer,
                           char why_r[DNSBL_TEXT])
{
    why_r[0] = '\0';
    switch (answer->status) {
    case DNS_FOUND:
        return read_records(list, answer, why_r);
    case DNS_NONE:
        return DNSBL_NOT_LISTED;
    case DNS_LIMITED:
        return DNSBL_NOT_ASKED;
    case DNS_FAILED:
        snprintf(why_r, DNSBL_TEXT, "its name servers answer with a failure");
        break;
    case DNS_TIMEOUT:
        snprintf(why_r, DNSBL_TEXT, "it does not answer in time");
        break;
    }
    return DNSBL_FAILED;
}
