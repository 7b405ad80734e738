/* asker.c - who makes us ask, as a number: the client's network. */
#include "base/ipnet.h"
#include "dns/dns.h"

#define V4_BYTES 15 /* of ::ffff:a.b.c.d: /24 */
#define V6_BYTES 7  /* /56 */

/* IPv4 gives 1 and three bytes, IPv6 2 and seven: the two never meet. */
uint64_t dns_asker(const struct ip *client)
{
    bool is_v4 = ip_is_v4(client);
    uint64_t number = is_v4 ? 1 : 2; /* never 0, which is ourselves */

    for (int i = is_v4 ? 12 : 0; i < (is_v4 ? V4_BYTES : V6_BYTES); i++)
        number = number << 8 | client->byte[i];
    return number;
}
