/* What is known of the addresses of next hops that are names. A table: not thread-safe, pure but for addresses_look_up. */
#ifndef POLICYD_ADDRESSES_H
#define POLICYD_ADDRESSES_H
#include "base/ipnet.h"
#include "store/routes_file.h"

struct known_host {
    char *host;
    size_t count;                       /* 0: not resolved yet */
    struct ip ips[ROUTE_MAX_ADDRESSES]; /* sorted */
};
struct addresses {
    size_t count;
    struct known_host *hosts; /* sorted by host once addresses_sort was called, each once */
};

/* Adds a host without addresses. */
void addresses_add(struct addresses *addresses, const char *host);
void addresses_sort(struct addresses *addresses);
struct known_host *addresses_find(const struct addresses *addresses, const char *host);
void known_host_set(struct known_host *host, const struct ip *ips, size_t count);
bool addresses_equal(const struct addresses *a, const struct addresses *b);
void addresses_clear(struct addresses *addresses);
/* Asks the system's resolver; blocks. 0, or -1 and host is as it was. */
int addresses_look_up(struct known_host *host, struct err *err);
#endif
