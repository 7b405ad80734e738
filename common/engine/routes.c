/* routes.c - keeps accepted domains sorted and answers what is accepted and where it goes. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "engine/routes.h"

struct routes {
    struct arena *arena;
    size_t count;
    struct route *each;
};

static int by_domain(const void *a, const void *b)
{
    return span_compare(((const struct route *)a)->domain, ((const struct route *)b)->domain);
}

static const struct route_hop *copy_hops(struct arena *arena, const struct route *route)
{
    struct route_hop *hops = arena_array(arena, route->hop_count + 1, sizeof *hops);

    for (size_t i = 0; i < route->hop_count; i++) {
        const struct route_hop *from = &route->hops[i];
        size_t count = from->address_count < ROUTES_MAX_ADDRESSES ? from->address_count
                                                                  : ROUTES_MAX_ADDRESSES;
        struct ip *addresses = arena_array(arena, count + 1, sizeof *addresses);
        if (count > 0)
            memcpy(addresses, from->addresses, count * sizeof *addresses);
        hops[i] = *from;
        hops[i].host = arena_span(arena, from->host);
        hops[i].addresses = addresses;
        hops[i].address_count = count;
    }
    return hops;
}

struct routes *routes_new(const struct route *from, size_t count)
{
    struct routes *routes = xcalloc(1, sizeof *routes);
    size_t kept = 0;

    routes->arena = arena_new();
    routes->each = arena_array(routes->arena, count + 1, sizeof *routes->each);
    for (size_t i = 0; i < count; i++) {
        routes->each[i].domain = arena_span(routes->arena, from[i].domain);
        routes->each[i].hop_count = from[i].hop_count;
        routes->each[i].hops = copy_hops(routes->arena, &from[i]);
    }
    qsort(routes->each, count, sizeof *routes->each, by_domain);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || by_domain(&routes->each[kept - 1], &routes->each[i]) != 0)
            routes->each[kept++] = routes->each[i];
    }
    routes->count = kept;
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

const struct route *routes_at(const struct routes *routes, size_t index)
{
    return index < routes->count ? &routes->each[index] : NULL;
}

const struct route *routes_find(const struct routes *routes, struct span domain)
{
    struct route key = {.domain = domain};

    return bsearch(&key, routes->each, routes->count, sizeof *routes->each, by_domain);
}

static const struct route_hop *unresolved_hop(const struct route *route)
{
    for (size_t i = 0; i < route->hop_count; i++) {
        if (!route->hops[i].is_resolved)
            return &route->hops[i];
    }
    return NULL;
}

static void learn_unresolved(struct facts *recipient, const struct route_hop *hop)
{
    struct str reason = STR_EMPTY;

    str_printf(&reason, "next hop %.*s is not resolved", SPAN_ARG(hop->host));
    facts_set_unknown(recipient, FACT_ROUTE_NEXT_HOPS, str_span(&reason));
    str_clear(&reason);
}

static void learn_hops(struct facts *recipient, const struct route *route)
{
    const struct route_hop *unresolved = unresolved_hop(route);
    size_t total = 0, count = 0;
    struct value *values;

    if (unresolved != NULL) {
        learn_unresolved(recipient, unresolved);
        return;
    }
    for (size_t i = 0; i < route->hop_count; i++)
        total += route->hops[i].address_count;
    values = xcalloc(total + 1, sizeof *values);
    for (size_t i = 0; i < route->hop_count; i++) {
        for (size_t j = 0; j < route->hops[i].address_count; j++)
            values[count++].ip = route->hops[i].addresses[j];
    }
    facts_set_many(recipient, FACT_ROUTE_NEXT_HOPS, values, count);
    xfree(&values);
}

void routes_learn(const struct routes *routes, struct facts *recipient)
{
    const struct fact *domain = facts_get(recipient, FACT_RECIPIENT_DOMAIN);
    const struct route *route = NULL;

    if (domain->state == FACT_VALUE)
        route = routes_find(routes, domain->values[0].text);
    facts_set_number(recipient, FACT_DOMAIN_ACCEPTED, route != NULL);
    if (route != NULL)
        learn_hops(recipient, route);
    else
        facts_set_absent(recipient, FACT_ROUTE_NEXT_HOPS);
}
