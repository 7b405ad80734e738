/* Listens on a socket named as Postfix writes it, for both daemons. */
#ifndef CONF_SOCKET_LISTEN_H
#define CONF_SOCKET_LISTEN_H
#include "conf/settings.h"

/* Binds and listens; close-on-exec, blocking. unix: what a killed process left behind is replaced, a socket that somebody answers on is
 * refused; mode 0660, and the group its directory gives. The descriptor, or -1 with a taught error. */
int socket_listen(const struct socket_address *address, struct err *err);
#endif
