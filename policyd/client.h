/* The connections of the policy protocol: each a buffer, at most one question under way, answers in the order of the requests.
 * Bounded: policy_max_connections (past it the longest idle one is closed; Postfix reconnects by itself), policy_max_request. What
 * breaks the protocol is disconnected without an answer, as the protocol asks, and logged in one line. */
#ifndef POLICYD_CLIENT_H
#define POLICYD_CLIENT_H
#include <event2/event.h>
#include "conf/settings.h"
#include "store/decisions.h"

void clients_begin(struct event_base *base, const struct settings *settings,
                   struct decisions *decisions);
void client_accepted(evutil_socket_t fd); /* takes the descriptor over */
/* No request is begun any more: idle connections are closed now, the others with their answer; done is called when none is left. */
void clients_drain(void (*done)(void));
void clients_end(void); /* closes all */
#endif
