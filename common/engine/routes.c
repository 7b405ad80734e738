/* routes.c - answers which domains are accepted and what addresses their mail goes to. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "engine/routes.h"

struct routes {
    struct arena *arena;
    size_t count;
    struct published_route *each; /* sorted by domain */
};

struct routes *routes_parse(struct span text, struct err *err)
{
    struct routes *routes = xcalloc(1, sizeof *routes);

    routes->arena = arena_new();
    if (routes_file_parse(text, routes->arena, &routes->each, &routes->count, err) != 0)
        routes_free(&routes);
    return routes;
}

void routes_free(struct routes **routes)
{
    if (*routes == NULL)
        return;
    arena_free(&(*routes)->arena);
    xfree(routes);
}

size_t routes_count(const struct routes *routes)
{
    return routes->count;
}

static int by_domain(const void *key, const void *route)
{
    return span_compare(*(const struct span *)key,
                        ((const struct published_route *)route)->domain);
}

const struct published_route *routes_find(const struct routes *routes, struct span domain)
{
    if (routes->count == 0)
        return NULL;
    return bsearch(&domain, routes->each, routes->count, sizeof *routes->each, by_domain);
}

static void learn_unresolved(struct facts *recipient, const struct published_hop *hop)
{
    struct str reason = STR_EMPTY;

    str_printf(&reason, "next hop %s is not resolved", hop->hop.host);
    facts_set_unknown(recipient, FACT_ROUTE_NEXT_HOPS, str_span(&reason));
    str_clear(&reason);
}

/* How many addresses all hops have, or SIZE_MAX when those of one are not known: the reason is set then. */
static size_t count_addresses(struct facts *recipient, const struct published_route *route)
{
    size_t count = 0;

    for (size_t i = 0; i < route->hop_count; i++) {
        if (route->hops[i].address_count == 0) {
            learn_unresolved(recipient, &route->hops[i]);
            return SIZE_MAX;
        }
        count += route->hops[i].address_count;
    }
    return count;
}

static void learn_hops(struct facts *recipient, const struct published_route *route)
{
    size_t count = count_addresses(recipient, route), at = 0;
    struct value *values;

    if (count == SIZE_MAX)
        return;
    values = xcalloc(count, sizeof *values);
    for (size_t i = 0; i < route->hop_count; i++) {
        for (size_t j = 0; j < route->hops[i].address_count; j++)
            values[at++].ip = route->hops[i].addresses[j];
    }
    facts_set_many(recipient, FACT_ROUTE_NEXT_HOPS, values, count);
    xfree(&values);
}

void routes_learn(const struct routes *routes, struct facts *recipient)
{
    const struct fact *domain = facts_get(recipient, FACT_RECIPIENT_DOMAIN);
    const struct published_route *route = NULL;

    if (domain->state == FACT_VALUE)
        route = routes_find(routes, domain->values[0].text);
    facts_set_number(recipient, FACT_DOMAIN_ACCEPTED, route != NULL);
    if (route != NULL)
        learn_hops(recipient, route);
    else
        facts_set_absent(recipient, FACT_ROUTE_NEXT_HOPS);
}
