/* One control socket: its file, who may open it. Used by server.c only. */
#ifndef CONTROL_LISTEN_H
#define CONTROL_LISTEN_H
#include <sys/un.h>
#include "control/protocol.h"

struct control_listener {
    int fd;                                                 /* -1: none */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* empty: there is no file */
};
/* Binds and listens at DIR/PROGRAM.ROLE; a file that is left over is replaced, one that answers is an error. */
int control_listen(struct control_listener *listener, const char *dir, const char *program,
                   enum control_role role, struct err *err);
void control_listen_end(struct control_listener *listener); /* closes it and removes its file */
#endif
