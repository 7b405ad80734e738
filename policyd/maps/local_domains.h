/* Domains that Postfix keeps for itself: their mail never takes the route that they are given here. */
#ifndef POLICYD_MAPS_LOCAL_DOMAINS_H
#define POLICYD_MAPS_LOCAL_DOMAINS_H
#include "conf/settings.h"
#include "base/span.h"

/* Says in *err which parameter of main.cf names the domain (as domains_normalize leaves it) by itself; true then. Tables that the parameter
 * names are not looked into. False too when postconf cannot be asked. Any thread but the loop's. */
bool local_domains_hold(const struct settings *settings, const char *domain, struct err *err);
/* Which of the lines "parameter = list", as postconf prints them, names the domain; empty: none. Pure. */
struct span local_domains_find(struct span lines, const char *domain);
#endif
