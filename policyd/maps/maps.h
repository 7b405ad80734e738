/* The map files that Postfix reads by itself, so that it delivers its queue with none of our daemons running: relay_domains and transport in
 * maps_dir, in Postfix's default_database_type. Made under a temporary name, then renamed, since postmap rewrites in place. */
#ifndef POLICYD_MAPS_MAPS_H
#define POLICYD_MAPS_MAPS_H
#include "conf/settings.h"
#include "store/domains.h"

/* Brings both files up to what the database holds; without a change nothing is written. Any thread but the loop's. 0 done. 1: new domains
 * wait, since Postfix may not know yet where they go; to be called again after maps_settle. -1 when postconf or postmap is missing or
 * fails: logged once, mail is decided all the same, but Postfix goes on routing as before. */
int maps_update(const struct settings *settings, struct policy_db *db, struct err *err);

/* The two sources. relay_domains: the accepted domains. transport: relay:[host]:port, ... for each; names below an accepted domain that
 * are none themselves: error:5.1.2. Pure. */
void maps_print_relay_domains(struct str *out, const struct domain *domains, size_t count);
void maps_print_transport(struct str *out, const struct domain *domains, size_t count);
/* Keeps of the domains (by name) those that the present source of relay_domains has already; how many. Pure. */
size_t maps_keep_known(struct domain *domains, size_t count, struct span source);
#endif
