/* The host of a link, found as browsers find it (WHATWG URL Standard, sections 3.5 and 4.4), so that what we look up is what a reader would
 * reach. Pure: no I/O, no state. */
#ifndef MAIL_URL_H
#define MAIL_URL_H
#include "base/ipnet.h"
#include "mail/domain.h"

#define URL_TEXT_MAX   8192 /* bytes of a link in running text: servers take no longer ones */
#define URL_SCHEME_MAX 13   /* letters of the longest scheme that is understood */

struct url {
    /* Lower case A-labels without a final dot; left of the registered domain also other printable ASCII, which resolvers take. Of an address as
     * ip_text prints it, of IPv6 without brackets; ::ffff:192.0.2.1 is 192.0.2.1. */
    char host[DOMAIN_SIZE];
    bool is_ip;
    struct ip ip; /* when is_ip */
    size_t tail;  /* where in the text the host and port end: path, query, fragment */
};

/* text: a link as it stands in an attribute (entities decoded) or in a text, UTF-8 or any bytes. Understood: http, https, ftp, ws(s), webcal(s) and
 * what opens browsers of telephones, in any case, with any number of slashes or backslashes; file with two of them or more than three; "//host";
 * blanks and controls around it, tabs and line ends inside; a user before "@"; a port; percent-encoding in the host; full-width letters and dots,
 * U-labels; IPv4 in decimal, octal, hexadecimal and with fewer than four parts; IPv6 in brackets. False: it names no host (mailto:, cid:, data:,
 * javascript:, a path) or one that no browser would go to. Linear in the text, however long a user before "@" is. */
bool url_read(struct span text, struct url *url_r);
/* As url_read, of a text that a reader takes for a link: also "host/path" and "host" without a scheme. Without a scheme it is false when the host
 * has no dot or its last label is no public suffix (mail/org_domain.h), or when there is a user: "e.g.", "1.5" and "a@b.example" are no hosts. */
bool url_read_bare(struct span text, struct url *url_r);
/* A host as url_read writes it: what others say they read. False for any other spelling. */
bool url_read_host(struct span host, struct url *url_r);
/* Where a link with a scheme and slashes begins in a text. */
bool url_find(struct span text, size_t *at_r);
/* What was registered (mail/org_domain.h); points into url. Empty when the host is an address. */
struct span url_domain(const struct url *url);
#endif
