/* The event loop of policyd and its signals: TERM and INT end it gracefully, HUP resolves next hops and looks after the map files. */
#ifndef POLICYD_LOOP_H
#define POLICYD_LOOP_H
#include "conf/settings.h"
#include "store/decisions.h"

/* Before any thread is started: they inherit that the signals are the loop's alone. */
int loop_begin(const struct settings *settings, struct err *err);
int loop_listen(struct decisions *decisions, struct err *err);
void loop_run(
    void); /* says that we are ready; returns after the end, when every request begun is answered */
void loop_abandon(void); /* removes the sockets when it will not run */
#endif
