/* Are the name servers there, and do they pass DNSSEC on? Decides when the context is made anew, and says what changed, once. One thread: the
 * resolver's. */
#ifndef DNS_WATCH_H
#define DNS_WATCH_H
#include "dns/resolver.h"

#define WATCH_TICK_MS 500

struct watch;

struct watch *watch_new(struct resolver *resolver);
void watch_free(struct watch **watch);
void watch_begin(struct watch *watch); /* asks the servers */
void watch_tick(struct watch *watch);
void watch_started(struct watch *watch); /* a lookup went out */
void watch_heard(struct watch *watch);   /* a server answered */
/* What a question may wait now: less when nobody has answered for long. */
int64_t watch_patience(const struct watch *watch);
/* Around a new context: the keys it is to validate with (NULL: not), and a first question that shows whether they fit. */
const char *watch_anchor(struct watch *watch);
void watch_try(struct watch *watch);
void watch_forget(struct watch *watch); /* the context goes away */

/* For any thread. */
unsigned watch_servers(void);
bool watch_is_silent(void);
bool watch_is_validating(void);
#endif
