/* The check that asks block lists of domains for what the links of a message lead to: dnsbl.url, dnsbl.url_score. Works with the records
 * `url`. */
#ifndef CHECKS_DNSBL_URL_H
#define CHECKS_DNSBL_URL_H
#include "checks/check.h"

/* Registered domains, and addresses, of one message that are asked; in the order of the message, each once; with more than six lists fewer,
 * so that the questions of a message stay within DNS_OURS_MAX. Links to more of them: what is not listed is unknown. */
#define DNSBL_URL_PLACES 40

extern const struct check dnsbl_url_check;
#endif
