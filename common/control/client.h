/* The other side: milter-ctl, and policyd when it forwards to the milter. */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H
#include "control/protocol.h"

struct control_client;
/* Opens control_dir/PROGRAM.ROLE; the highest role among those it may open that is at least `role`. -1 with a text that names socket, reason and remedy. */
struct control_client *control_connect(const char *control_dir, const char *program,
                                       enum control_role role, struct err *err);
/* Opens the socket of exactly this role: for who asks in the name of another. */
struct control_client *control_connect_as(const char *control_dir, const char *program,
                                          enum control_role role, struct err *err);
void control_close(struct control_client **client);

struct control_sink {                           /* what to do with the answer */
    void (*row)(void *ctx, json_t *object);     /* borrowed */
    void (*data)(void *ctx, struct span bytes); /* may be NULL */
    void *ctx;
};
/* Sends the request; body (may be NULL) is called for pieces until it returns an empty span. args is borrowed.
 * Returns the exit code; message_r gets the server's text. EXIT_UNREACHABLE when the connection breaks. timeout_ms -1: none. */
enum control_exit control_ask(struct control_client *client, const char *command, json_t *args,
                              struct span (*body)(void *ctx), void *body_ctx,
                              const struct control_sink *sink, int timeout_ms,
                              struct err *message_r);
#endif
