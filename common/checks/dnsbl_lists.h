/* The lists of the settings, of all kinds. */
#ifndef CHECKS_DNSBL_LISTS_H
#define CHECKS_DNSBL_LISTS_H
#include "checks/dnsbl_list.h"
#include "conf/settings.h"

#define DNSBL_LISTS_MAX (DNSBL_KIND__COUNT * DNSBL_ZONES_MAX)

/* The index-th list; NULL past the last. */
struct dnsbl_list *dnsbl_list_at(size_t index);
size_t dnsbl_count_of(enum dnsbl_kind kind);
/* The settings that dnsbl_begin was given. */
const struct settings *dnsbl_settings(void);
#endif
