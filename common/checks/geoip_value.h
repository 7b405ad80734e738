/* What a MaxMind file says about an address, in the layouts that are in use, as facts. */
#ifndef CHECKS_GEOIP_VALUE_H
#define CHECKS_GEOIP_VALUE_H
#include "facts/facts.h"

/* libmaxminddb's MMDB_entry_s, whose header stays behind its door. */
struct geoip_entry {
    const void *mmdb;
    uint32_t offset;
};

/* Sets client.country: two letters, upper case; anything else is absent. */
void geoip_set_country(struct facts *facts, const struct geoip_entry *entry);
/* Sets client.asn and client.as_name; as_name is printable UTF-8 of at most GEOIP_NAME_MAX bytes. */
void geoip_set_network(struct facts *facts, const struct geoip_entry *entry);
#endif
