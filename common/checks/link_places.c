/* link_places.c - draws the places that lists are asked for out of the links of a message. */
#include "checks/link_places.h"
#include "base/hash.h"
#include "checks/dnsbl_lists.h"
#include "dns/dns.h"
#include "mail/domain_list.h"

static uint64_t seed[2];

void link_places_init(void)
{
    hash_random(seed, sizeof seed);
}

static bool may_be_asked(struct span place)
{
    struct ip ip;

    if (ip_parse(place, &ip))
        return dnsbl_is_public(&ip);
    return memchr(place.ptr, '.', place.len) != NULL &&
           !domain_list_holds(dnsbl_settings()->dns_never_ask, place);
}

static const struct fact *place_of(const struct facts *facts, size_t index)
{
    const struct fact *domain = facts_record_get(facts, RECORD_URL, index, FACT_URL_DOMAIN);

    return domain->state == FACT_VALUE
               ? domain
               : facts_record_get(facts, RECORD_URL, index, FACT_URL_HOST);
}

size_t link_places_max(void)
{
    size_t lists = dnsbl_count_of(DNSBL_URL);

    return lists * LINK_PLACES_MAX <= DNS_OURS_MAX ? LINK_PLACES_MAX : DNS_OURS_MAX / lists;
}

/* What was turned out once has a higher lot than all that stay: it is turned away again, and never counted twice. */
static bool is_known(const struct link_places *places, const struct link_place *place)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->at[i].lot == place->lot &&
            span_equal(places->at[i].value->text, place->value->text))
            return true;
    return false;
}

static size_t highest(const struct link_places *places)
{
    size_t found = 0;

    for (size_t i = 1; i < places->count; i++)
        if (places->at[i].lot > places->at[found].lot)
            found = i;
    return found;
}

/* The lowest lots stay. */
static void add(struct link_places *places, const struct link_place *place, size_t most)
{
    size_t out;

    if (places->count < most) {
        places->at[places->count++] = *place;
        return;
    }
    places->are_more = true;
    out = highest(places);
    if (most == 0 || place->lot >= places->at[out].lot)
        return;
    memmove(&places->at[out], &places->at[out + 1],
            (places->count - out - 1) * sizeof places->at[0]);
    places->at[places->count - 1] = *place;
}

/* At most FACTS_MAX_RECORDS links; the worker's client takes fewer. */
void link_places_find(struct link_places *places, const struct facts *facts)
{
    size_t count = facts_records(facts, RECORD_URL)->count, most = link_places_max();

    *places = (struct link_places){.count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct fact *fact = place_of(facts, i);
        struct link_place place;
        if (fact->state != FACT_VALUE || fact->values[0].text.len == 0 ||
            !may_be_asked(fact->values[0].text))
            continue;
        place = (struct link_place){&fact->values[0], hash_table64(seed, fact->values[0].text)};
        if (!is_known(places, &place))
            add(places, &place, most);
    }
}
