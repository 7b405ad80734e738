/* A MaxMind file in memory of our own: whatever becomes of the file, what was read stays. Counted, so that it can be replaced while others
 * look up. */
#ifndef CHECKS_GEOIP_COPY_H
#define CHECKS_GEOIP_COPY_H
#include <sys/stat.h>
#include "base/err.h"
#include "base/ipnet.h"
#include "checks/geoip_value.h"

struct geoip_copy;

/* -1 when it cannot be read or is no MaxMind file. stat_r: of what was read; empty when it could not be opened. */
int geoip_copy_read(struct geoip_copy **copy_r, const char *path, struct stat *stat_r,
                    struct err *err);
struct geoip_copy *geoip_copy_pin(struct geoip_copy *copy); /* NULL is fine */
void geoip_copy_unpin(struct geoip_copy **copy);
int64_t geoip_copy_built(const struct geoip_copy *copy); /* s since 1970, as it says itself */

/* 1 found, 0 not in the file, -1 damaged. The entry is good while the copy is pinned. */
int geoip_copy_find(const struct geoip_copy *copy, const struct ip *ip,
                    struct geoip_entry *entry_r);
#endif
