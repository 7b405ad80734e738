/* The milter's own listening socket: made by us, so that mode, owner and errors are ours; handed to libmilter as a descriptor. */
#ifndef MILTER_LISTEN_H
#define MILTER_LISTEN_H
#include "conf/settings.h"

/* Binds and listens. unix: a stale socket is replaced, a live one refused; mode 0660. The descriptor, or -1 with a taught error. */
int listen_open(const struct socket_address *address, struct err *err);
/* From here on nobody new gets in: what stands in the descriptor's place accepts nothing, the socket's file is removed. libmilter goes on. */
void listen_close(int fd, const struct socket_address *address);
#endif
