/* What policyd says to the milter: over its control socket, never from the loop. */
#ifndef POLICYD_MILTER_LINK_H
#define POLICYD_MILTER_LINK_H
#include "conf/settings.h"
#include "control/client.h"
#include "control/server.h"

void milter_link_begin(const struct settings *settings);
/* Something new is published: the milter looks at once instead of within a second. Not being reachable is no error. */
void milter_link_poke(void);
bool milter_link_is_reachable(void);
/* Passes a command on with its body and answer, both ways streaming, with the role it came with. */
enum control_exit milter_link_forward(const char *command, struct control_call *call,
                                      struct err *err);
#endif
