/* The event loop of policyd and its signals: TERM and INT end it gracefully, HUP resolves next hops and looks after the map files. */
#ifndef POLICYD_LOOP_H
#define POLICYD_LOOP_H
#include "conf/settings.h"
#include "store/decisions.h"

/* Before any thread is started: they inherit that the signals are the loop's alone. Opens the sockets first of all, so that a second
 * policyd is refused before it touches a store; who connects waits until loop_run. */
int loop_listen(const struct settings *settings, struct err *err);
/* Says that we are ready; returns after the end, when every request begun is answered. */
void loop_run(struct decisions *decisions);
void loop_abandon(void); /* removes the sockets when it will not run */
#endif
