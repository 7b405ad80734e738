/* The policy sockets: unix and TCP, several. Accepts and hands connections on; knows nothing of what is spoken on them. */
#ifndef POLICYD_LISTENER_H
#define POLICYD_LISTENER_H
#include <event2/event.h>
#include "base/err.h"

#define LISTENERS_MAX 16

struct listeners;
/* sockets: unix:/path or inet:host:port, comma-separated. accepted: owns fd (non-blocking, close-on-exec) from then on.
 * A stale unix socket is removed; one that somebody answers on is an error. Unix sockets have mode 0660, and the group their
 * directory gives. */
struct listeners *listeners_open(struct event_base *base, const char *sockets,
                                 void (*accepted)(evutil_socket_t fd), struct err *err);
/* Accepts nothing more, removes the unix sockets. */
void listeners_close(struct listeners **listeners);
#endif
