/* An SMTP server that follows a script, in a thread of its own on a unix socket: one connection, then it ends. */
#ifndef T_LIB_SMTP_SERVER_H
#define T_LIB_SMTP_SERVER_H
#include "base/str.h"

struct smtp_step {
    const char *
        expect; /* how the line begins that is awaited; ".": the text up to the final dot; NULL: nothing is awaited */
    const char *reply; /* bytes as sent; NULL: none */
    bool closes;       /* then, at once, whatever is still to be read */
};

struct smtp_server;
/* steps: ended by an empty one, after which the client is read until it closes. path: of the socket, made here. */
struct smtp_server *smtp_server_start(const char *path, const struct smtp_step *steps);
/* Waits for the end of the script; heard_r gets all lines that were read, as they came. False when the client said something else
 * than the script expects. Removes the socket. */
bool smtp_server_end(struct smtp_server **server, struct str *heard_r);
#endif
