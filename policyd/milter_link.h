/* What policyd says to the milter: over its control socket, never from the loop. */
#ifndef POLICYD_MILTER_LINK_H
#define POLICYD_MILTER_LINK_H
#include "control/client.h"
#include "control/server.h"

void milter_link_begin(const char *control_dir);
/* Something new is published: the milter looks at once instead of within a second. Not being reachable is no error. */
void milter_link_poke(void);
void milter_link_probe(void); /* is it there? Into policyd/health.h */
/* Its own row of `status`, waiting at most a second; NULL: it is not there. Says nothing of that as long as it never was. The caller owns it. */
json_t *milter_link_status(void);
/* Passes a command on with its body and its answer, both ways as they come, in the role it came with. */
enum control_exit milter_link_forward(const char *command, struct control_call *call,
                                      struct err *err);
/* The same for a command of our own that answers rows into this call. timeout_ms as control_ask. */
enum control_exit milter_link_ask(const char *command, struct control_call *call,
                                  int timeout_ms, struct err *err);
/* The same, with the answer into a sink of the caller's. */
enum control_exit milter_link_collect(const char *command, struct control_call *call,
                                      const struct control_sink *sink, int timeout_ms,
                                      struct err *err);
#endif
