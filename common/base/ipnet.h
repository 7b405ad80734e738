/* IP addresses and networks. IPv4 is kept as ::ffff:a.b.c.d, so there is one kind; printed back as IPv4. */
#ifndef BASE_IPNET_H
#define BASE_IPNET_H
#include "base/span.h"
#include "base/str.h"

struct ip {
    uint8_t byte[16];
};

struct ipnet {
    struct ip ip;   /* host bits zero */
    uint8_t prefix; /* 0..128 over the 16 bytes; an IPv4 /8 is 104 */
};

#define IP_TEXT_SIZE 64
bool ip_parse(
    struct span text,
    struct ip
        *ip_r); /* IPv4 dotted quad or IPv6, also "IPv6:..." and [..]; no names, no zone ids */
bool ip_is_v4(const struct ip *ip);
bool ip_equal(const struct ip *a, const struct ip *b);
int ip_compare(const struct ip *a, const struct ip *b);
const char *ip_text(const struct ip *ip, char buf[IP_TEXT_SIZE]); /* canonical (RFC 5952) */
/* "10.0.0.0/8", "::1", "2001:db8::/32"; without a slash a single address. Host bits set are refused: *reason_r then says
 * what would be right ("host bits are set; did you mean 10.0.0.0/8?"), static or in buf. */
struct err;
int ipnet_parse(struct span text, struct ipnet *net_r, struct err *err);
bool ipnet_holds(const struct ipnet *net, const struct ip *ip);
int ipnet_family_prefix(
    const struct ipnet *net); /* the prefix as its family writes it: 8 for 10.0.0.0/8 */
const char *ipnet_text(const struct ipnet *net, char buf[IP_TEXT_SIZE]);
#endif
