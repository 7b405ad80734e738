/* Domains as a setting lists them (dns_never_ask, arc_trusted_sealers): comma-separated, each with everything below it. */
#ifndef MAIL_DOMAIN_LIST_H
#define MAIL_DOMAIN_LIST_H
#include "base/span.h"

/* Is domain (normalised) one of the list, or below one? */
bool domain_list_holds(const char *list, struct span domain);
#endif
