/* Asking another node: a control command (control/protocol.h) carried through Redis. The node runs it at its own control socket, in the role the
 * request names, and its answer comes back frame by frame.
 *   inbox:ID     list of requests: JSON {id, from, to, command, args, role, user, nonce, deadline (Redis' clock), answer key} and the asking node's signature;
 *                each is served once (its id is noted until after its deadline), a hint on channel inbox:ID wakes the node; expires
 *   answer:ID    list of sealed pieces (base/seal.h), at most REQUESTS_AHEAD lying there, each at most REQUESTS_PIECE bytes; index and last-flag are
 *                part of the seal, the whole is bound to the request's id: a gap, a repeat, a cut or another's answer is refused; expires after 60 s
 * Only commands of a const table are served (request_serve.c), each with the role it takes; a request never writes rules, lists or domains. The
 * command gets two arguments more: "here": true (it asks no other node in its turn) and "from": the asking node's id, which its signature proves. */
#ifndef CLUSTER_REQUESTS_H
#define CLUSTER_REQUESTS_H
#include "control/client.h"
#include "control/server.h"
#include "policyd/cluster/members.h"

#define REQUESTS_PIECE (192 * 1024)
#define REQUESTS_AHEAD 8
#define REQUESTS_INBOX 1000 /* requests that may lie in an inbox; what is more is not of ours */

int requests_begin(struct err *err);
void requests_end(void);

struct remote_question {
    const char *node_id;
    const char *command;
    json_t *args; /* borrowed */
    enum control_role role;
    const char *user; /* who asks */
    const struct control_sink *sink;
    int timeout_ms; /* until the first piece, and between pieces */
};
/* As control_ask; EXIT_UNREACHABLE with a text ("node X is down since T", "no answer within ...") when it does not come or breaks off. */
enum control_exit request_ask(const struct remote_question *question, struct err *message_r);
/* The same question to all live nodes but this one, side by side; rows get "node" added and come as they come (the sink is called by one thread at a
 * time). absent: rows {"node","state","why"} of those that did not answer, appended to the array. */
void request_ask_all(const struct remote_question *question, json_t *absent);
#endif
