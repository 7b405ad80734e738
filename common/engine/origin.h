/* Where mail comes from: outside, our own people, or an inner gateway that took it from outside; and the facts that follow at once. What is
 * found out about strangers is absent for mail of our own. */
#ifndef ENGINE_ORIGIN_H
#define ENGINE_ORIGIN_H
#include "conf/settings.h"
#include "engine/snapshot.h"

/* Once, before any thread; settings must last as long as the program. */
void origin_init(const struct settings *settings);
/* Certainly no login, and no client in $relay_networks. Needs no recipient. */
bool origin_is_outside(const struct snapshot *snapshot, const struct facts *message);
/* As far as is known when it connects: a login may follow. */
bool origin_may_be_outside(const struct snapshot *snapshot, const struct facts *session);
/* Does the client lie in a network of trusted_authserv_ids? */
bool origin_is_gateway(const struct facts *message);
/* Of mail from outside: country and network of the client. Of all other mail: what is said of strangers only is absent, so that nobody goes
 * looking for it. Of a gateway's mail: what would be said of the gateway is absent. At MAIL, when client and login are known. */
void origin_learn(const struct snapshot *snapshot, struct facts *message);
#endif
