/* The check that asks block lists of domains for what the links of a message lead to: dnsbl.url, dnsbl.url_score. Works with the records
 * `url`. */
#ifndef CHECKS_DNSBL_URL_H
#define CHECKS_DNSBL_URL_H
#include "checks/check.h"

extern const struct check dnsbl_url_check;
#endif
