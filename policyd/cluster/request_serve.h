/* Serving one request of another node: judged by the table, run at our own control socket, answered in pieces. */
#ifndef CLUSTER_REQUEST_SERVE_H
#define CLUSTER_REQUEST_SERVE_H
#include "policyd/cluster/request_text.h"

#define REQUEST_STALL_MS 25000 /* an asker that takes nothing for so long has gone */
#define REQUEST_MIN_FREE 20    /* percent of Redis' memory; below, content is not sent */

/* What other nodes may ask, with the role in which it is run; ended by { NULL }. */
struct request_kind {
    const char *command;
    enum control_role role;
};
extern const struct request_kind request_kinds[];

/* Runs it and answers; blocks, until the answer is taken or its deadline. The text has been judged: signed, to us, not seen before. */
void request_serve(const struct request *request, const struct member *asker);
#endif
