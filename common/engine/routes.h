/* Accepted domains and where their mail goes: what domain.accepted and route.next_hops are learnt from. Immutable once built. */
#ifndef ENGINE_ROUTES_H
#define ENGINE_ROUTES_H
#include "base/ipnet.h"
#include "facts/facts.h"

#define ROUTES_MAX_ADDRESSES 64 /* kept of one next hop */

/* One next hop. A name is resolved by policyd and published with its addresses; until then they are not known. */
struct route_hop {
    struct span
        host; /* as the administrator wrote it: a name, or an address without brackets */
    uint16_t port;
    bool is_resolved;
    size_t address_count;
    const struct ip *addresses;
};
struct route {
    struct span domain; /* normalised (mail/domain.h) */
    size_t hop_count;
    const struct route_hop *hops;
};

struct routes;
/* Copies everything. Of a domain that occurs twice one is kept. */
struct routes *routes_new(const struct route *routes, size_t count);
void routes_free(struct routes **routes);
size_t routes_count(const struct routes *routes);
const struct route *routes_at(const struct routes *routes,
                              size_t index); /* in the order of domains */
const struct route *routes_find(const struct routes *routes, struct span domain);

/* domain.accepted and route.next_hops of one recipient, from its recipient.domain. What is not listed, or has no domain, is not
 * accepted and has no next hops; a hop whose addresses are not known makes them unknown. */
void routes_learn(const struct routes *routes, struct facts *recipient);
#endif
