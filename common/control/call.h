/* One connection of the control server: reads requests, looks them up, runs them, ends each answer. Used by server.c only. */
#ifndef CONTROL_CALL_H
#define CONTROL_CALL_H
#include "control/server.h"

typedef enum control_exit control_fallback(const char *name, struct control_call *call,
                                           struct err *err);

/* Serves fd until its end, its misbehaviour or CONTROL_IDLE_MS without a request. Does not close it. */
void control_call_serve(const struct control_service *service, int fd, enum control_role role);
#endif
