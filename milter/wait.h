/* All waiting of the milter. Tests link another one, so none sleeps. */
#ifndef MILTER_WAIT_H
#define MILTER_WAIT_H
#include "checks/mailbox.h"
#include "conf/settings.h"

/* The socket to kick: Debian's libmilter pool starts a worker only when a connection comes and none is idle, so commands that
 * came in a burst stay behind the callbacks that wait; connecting to our own socket once wakes one more worker. */
void wait_init(const struct socket_address *own_socket);
/* Waits until the mailbox holds something; false at the deadline (clock_mono_ms). */
bool wait_for(struct mailbox *mailbox, int64_t deadline_mono_ms);
#endif
