/* Everything policyd holds open: opened in order, closed in reverse. What can be missing without harm to mail may be missing: without
 * its database policyd goes on deciding by what is published, without its decision files it goes on unrecorded. */
#ifndef POLICYD_OPEN_H
#define POLICYD_OPEN_H
#include "policyd/control.h"

/* -1: it cannot run at all. */
int open_all(const struct settings *settings, struct control_shared *shared_r, struct err *err);
void close_all(struct control_shared *shared);
#endif
