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
struct control_question {
    const char *command;
    json_t *args; /* borrowed; NULL: none */
    struct span (*body)(
        void *ctx); /* called for pieces until it returns an empty span; NULL: no body */
    void *body_ctx;
    const struct control_sink *sink; /* NULL: only the exit code matters */
    int timeout_ms;                  /* for each piece of the answer; -1: none */
    /* Or NULL; true when body() could not go on to its end: the request is never finished then. */
    const bool *is_body_broken;
    const char *user; /* or NULL; in whose name a daemon asks */
};
/* Returns the exit code; message_r (may be NULL) gets the server's text. EXIT_UNREACHABLE when the connection breaks. */
enum control_exit control_ask(struct control_client *client,
                              const struct control_question *question, struct err *message_r);
#endif
