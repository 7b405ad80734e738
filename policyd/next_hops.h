/* Domains with their next hops, and the addresses of those given as names: resolved by a thread of its own each minute and on change. */
#ifndef POLICYD_NEXT_HOPS_H
#define POLICYD_NEXT_HOPS_H
#include "conf/settings.h"
#include "store/policy_db.h"

/* Recalls the addresses of the last publication: they are used until names are resolved again. */
int next_hops_begin(const struct settings *settings, struct policy_db *db, struct err *err);
int next_hops_start(
    struct err *err); /* the thread; it keeps the map files of Postfix too (maps/maps.h) */
void next_hops_end(void);
void next_hops_changed(void); /* domains were added: resolve now */
/* Appends the routes file (store/routes_file.h) of all domains with what is known of their addresses now. */
int next_hops_print(struct str *out, struct err *err);
#endif
