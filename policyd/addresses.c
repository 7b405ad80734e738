/* addresses.c - keeps and looks up the addresses of host names. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "base/xalloc.h"
#include "policyd/addresses.h"

void addresses_add(struct addresses *addresses, const char *host)
{
    size_t count = addresses->count;

    if ((count & (count - 1)) == 0) /* full at each power of two */
        addresses->hosts = xreallocarray(addresses->hosts, count == 0 ? 1 : count * 2,
                                         sizeof *addresses->hosts);
    addresses->hosts[addresses->count++] = (struct known_host){.host = xstrdup(host)};
}

static int by_host(const void *a, const void *b)
{
    return strcmp(((const struct known_host *)a)->host, ((const struct known_host *)b)->host);
}

void addresses_sort(struct addresses *addresses)
{
    size_t kept = 0;

    if (addresses->count == 0)
        return;
    qsort(addresses->hosts, addresses->count, sizeof *addresses->hosts, by_host);
    for (size_t i = 1; i < addresses->count; i++) {
        if (by_host(&addresses->hosts[kept], &addresses->hosts[i]) == 0)
            xfree(&addresses->hosts[i].host);
        else
            addresses->hosts[++kept] = addresses->hosts[i];
    }
    addresses->count = kept + 1;
}

struct known_host *addresses_find(const struct addresses *addresses, const char *host)
{
    size_t low = 0, high = addresses->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(host, addresses->hosts[middle].host);
        if (order == 0)
            return &addresses->hosts[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int by_ip(const void *a, const void *b)
{
    return ip_compare(a, b);
}

void known_host_set(struct known_host *host, const struct ip *ips, size_t count)
{
    host->count = count < ROUTE_MAX_ADDRESSES ? count : ROUTE_MAX_ADDRESSES;
    memcpy(host->ips, ips, host->count * sizeof *ips);
    qsort(host->ips, host->count, sizeof *ips, by_ip);
}

bool addresses_equal(const struct addresses *a, const struct addresses *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct known_host *x = &a->hosts[i], *y = &b->hosts[i];
        if (strcmp(x->host, y->host) != 0 || x->count != y->count ||
            memcmp(x->ips, y->ips, x->count * sizeof *x->ips) != 0)
            return false;
    }
    return true;
}

void addresses_clear(struct addresses *addresses)
{
    for (size_t i = 0; i < addresses->count; i++)
        xfree(&addresses->hosts[i].host);
    xfree(&addresses->hosts);
    addresses->count = 0;
}

/* IPv4 is kept mapped, as everywhere (base/ipnet.h). */
static bool ip_of(const struct sockaddr *address, struct ip *ip_r)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        memcpy(ip_r->byte, mapped, sizeof mapped);
        memcpy(ip_r->byte + sizeof mapped, &in.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        memcpy(ip_r->byte, &in6.sin6_addr, sizeof ip_r->byte);
    } else {
        return false;
    }
    return true;
}

int addresses_look_up(struct known_host *host, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
    struct ip ips[ROUTE_MAX_ADDRESSES];
    size_t count = 0;
    int failed = getaddrinfo(host->host, NULL, &hints, &all);

    if (failed != 0)
        return err_set(err, "next hop %s does not resolve: %s", host->host,
                       gai_strerror(failed));
    for (const struct addrinfo *one = all; one != NULL && count < ROUTE_MAX_ADDRESSES;
         one = one->ai_next)
        count += ip_of(one->ai_addr, &ips[count]);
    freeaddrinfo(all);
    if (count == 0)
        return err_set(err, "next hop %s has no address", host->host);
    known_host_set(host, ips, count);
    return 0;
}
