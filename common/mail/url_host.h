/* The parts of a link's host, for mail/url.c alone. */
#ifndef MAIL_URL_HOST_H
#define MAIL_URL_HOST_H
#include "mail/url.h"

/* Takes one byte of a link off *rest; -1 at its end. Tabs and line ends are not there for a browser. */
int url_next(struct span *rest);
/* text: what stands between "@" and the port, still percent-encoded. */
bool url_host_read(struct span text, struct url *url_r);
/* Does a browser take this host for an IPv4 address? Then it is one, or no host at all. */
bool url_ends_in_number(struct span host);
bool url_ipv4_read(struct span host, struct ip *ip_r);
/* A host with characters above ASCII to A-labels. What registries forbid and browsers reach is taken: emoji, hyphens anywhere. Other ASCII stays
 * as it is but for its case. */
bool url_idna(struct span utf8, char out_r[DOMAIN_SIZE]);
/* A character that vanishes from host names (UTS 46 "ignored"). */
bool url_is_ignored(uint32_t code);
#endif
