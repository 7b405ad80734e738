/* Accepted domains and routes as published: text, domains in byte order, each once.
 *   postgate-routes 1 COUNT
 *   domain NAME
 *   hop HOST PORT [ADDRESS ...]         in order of preference; without addresses: could not be resolved yet
 *   end */
#ifndef STORE_ROUTES_FILE_H
#define STORE_ROUTES_FILE_H
#include "base/arena.h"
#include "base/ipnet.h"
#include "store/domains.h"

#define ROUTES_FILE_MAX     (64 * 1024 * 1024) /* bytes */
#define ROUTE_MAX_ADDRESSES 32                 /* of one hop */

struct published_hop {
    struct next_hop hop;
    size_t address_count; /* 0: not resolved */
    const struct ip *addresses;
};
struct published_route {
    struct span domain; /* lower case A-labels */
    size_t hop_count;   /* 1 .. DOMAIN_MAX_HOPS */
    const struct published_hop *hops;
};
/* Sorts a copy itself. */
void routes_file_print(struct str *out, const struct published_route *routes, size_t count);
/* Checks everything; all in arena, sorted by domain. */
int routes_file_parse(struct span text, struct arena *arena, struct published_route **routes_r,
                      size_t *count_r, struct err *err);
#endif
