/* The check that asks block lists and allow lists in DNS: dnsbl, dnsbl.allow, dnsbl.sender, dnsbl.score. All zones of all kinds go out together. */
#ifndef CHECKS_DNSBL_H
#define CHECKS_DNSBL_H
#include "checks/check.h"

extern const struct check dnsbl_check;

/* Takes the zones of the settings, which must last as long as the program. Once, before the first transaction. */
void dnsbl_begin(const struct settings *settings);
/* Asks what the check will ask, as far as client.ip and sender.domain are known, so that it finds the answers in the cache. Never waits.
 * Whoever calls knows that mail from outside comes from there, and that the rules ask. deadline: clock_mono_ms. */
void dnsbl_ahead(const struct facts *facts, int64_t deadline);

/* For `status`: how many zones there are, and what is out of order. */
struct dnsbl_trouble {
    const char *kind; /* "block list of links": one zone may stand in two settings */
    struct span zone;
    char text[256]; /* why, in words */
};
size_t dnsbl_zone_count(void);
/* The index-th zone of which something has to be said; false past the last. */
bool dnsbl_trouble_at(size_t index, struct dnsbl_trouble *trouble_r);
#endif
