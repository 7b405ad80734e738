/* The control server of a daemon: its sockets PROGRAM.{read,operate,admin} in control_dir, one thread that accepts, a thread a connection (at most
 * CONTROL_MAX_CLIENTS), a table of commands. The role is the socket's; the group of each socket is postgate-ROLE when that group exists, else
 * that of the daemons, so that policyd reaches the milter and nobody else but root does. */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H
#include "control/protocol.h"

#define CONTROL_MAX_CLIENTS 32
#define CONTROL_IDLE_MS     300000

struct control_call {
    json_t *args; /* borrowed */
    enum control_role role;
    char peer[64]; /* its user name (SO_PEERCRED), or its number */
    /* Who did it: the peer, or "NAME through PEER" when it asks in the name of another. */
    char user[128];
    uint32_t uid;
    int fd;
    uint64_t id;
    struct control_reader *reader;
    size_t body_bytes; /* of the body, read so far */
    bool is_body_done;
    size_t rows_lost; /* longer than CONTROL_MAX_ROW: the end of the answer says so */
};

/* Reads the request's body, D frame by D frame: 1 bytes_r, 0 end, -1 error. A handler that does not call it has the body skipped. */
int control_body(struct control_call *call, struct span *bytes_r, struct err *err);
/* One row of the answer; takes the object over. -1 when the client is gone. One too long is left out, and counted. */
int control_row(struct control_call *call, json_t *object);
int control_data(struct control_call *call, struct span bytes);

struct control_command {
    const char *name; /* "list.add" */
    enum control_role role;
    /* Returns the exit code; a text for people into err->text (message on stderr), also with EXIT_OK. May block. */
    enum control_exit (*run)(struct control_call *call, struct err *err);
};

struct control_service {
    const char *program;                    /* "policyd" */
    const struct control_command *commands; /* ended by { NULL } */
    /* Asked for a name not in the table (policyd: forwards to the milter); or NULL. */
    enum control_exit (*fallback)(const char *name, struct control_call *call, struct err *err);
};
struct control_server;
struct control_server *control_server_start(const char *control_dir,
                                            const struct control_service *service,
                                            struct err *err);
/* Closes and removes the sockets, waits for handlers up to 2 s. False when one still runs: what handlers use stays open then. */
bool control_server_stop(struct control_server **server);
#endif
