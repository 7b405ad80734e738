/* The host of a link, found as browsers find it (WHATWG URL Standard, sections 3.5 and 4.4), so that what we look up is what a reader would
 * reach. Pure: no I/O, no state. */
#ifndef MAIL_URL_H
#define MAIL_URL_H
#include "base/ipnet.h"
#include "mail/domain.h"

#define URL_TEXT_MAX                                                                           \
    8192 /* bytes of a link that are looked at; a host that ends later is none */

struct url {
    /* Lower case A-labels without a final dot; of an address as ip_text prints it, of IPv6 without brackets. */
    char host[DOMAIN_SIZE];
    bool is_ip;
    struct ip ip; /* when is_ip */
};

/* text: a link as it stands in an attribute (entities decoded) or in a text, UTF-8 or any bytes. Understood: http, https, ftp and ws(s) in any
 * case, with any number of slashes or backslashes; "//host"; blanks and controls around it, tabs and line ends inside; a user before "@"; a
 * port; percent-encoding in the host; full-width letters and dots, U-labels; IPv4 in decimal, octal, hexadecimal and with fewer than four
 * parts; IPv6 in brackets. False: it names no host (mailto:, cid:, data:, javascript:, a path) or one that no browser would go to. */
bool url_read(struct span text, struct url *url_r);
/* As url_read, of a text that a reader takes for a link: also "host/path" and "host" without a scheme. False also when the host has no dot or its
 * last label is no public suffix (mail/org_domain.h): "e.g." and "1.5" are no hosts. */
bool url_read_bare(struct span text, struct url *url_r);
/* What was registered (mail/org_domain.h); points into url. Empty when the host is an address. */
struct span url_domain(const struct url *url);
#endif
