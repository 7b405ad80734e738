/* The organisational domain (RFC 7489 section 3.2): what was registered below a public suffix, by libpsl's list. */
#ifndef MAIL_ORG_DOMAIN_H
#define MAIL_ORG_DOMAIN_H
#include "base/span.h"

/* domain: normalised (mail/domain.h). Points into it: "example.co.uk" of "a.b.example.co.uk". A public suffix, a name of one label or
 * an address literal is its own. The list is read at the first call; thread-safe. */
struct span org_domain(struct span domain);
bool org_domain_is_same(struct span a, struct span b);
/* Is this a public suffix, below which strangers register? */
bool org_domain_is_suffix(struct span domain);
/* Does the list name it? (Of what it does not name, the last label counts as a public suffix.) */
bool org_domain_is_known(struct span domain);
#endif
