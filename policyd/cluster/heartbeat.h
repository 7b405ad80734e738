/* One heartbeat as it lies in Redis: a JSON object on one line, a newline, and the node's Ed25519 signature in 128 hexadecimal digits. What is
 * signed begins with a label and the cluster's name, so that it cannot be anything else. Pure; fuzzed. Keys of the object:
 *   id boot seq name                                    who: seq rises with each heartbeat, over restarts too (boots.h)
 *   authserv_id                                         its name in Authentication-Results (authserv_ids.h)
 *   version language host started                       the release, RULES_LANGUAGE, the machine, wall time by the node's own clock (shown only)
 *   rules {number,hash,state,why}                       the revision in force
 *   heads {SUBJECT: NUMBER}                             what else is applied, at most HEARTBEAT_MAX_HEADS
 *   digest                                              of all heads, also those that did not fit: equal means equal
 *   troubled [{subject,state,applied,head,why}]         heads that are not in order, at most HEARTBEAT_TROUBLED
 *   problems {NAME: TEXT}                               dependencies out of order
 *   has_signing_key has_milter is_drained               flags
 *   load requests_per_second decisions rejected deferred errors
 *   canary {...}                                        canary.h; only while there is one
 * Unknown keys are kept and skipped: neighbouring releases read each other. */
#ifndef CLUSTER_HEARTBEAT_H
#define CLUSTER_HEARTBEAT_H
#include <jansson.h>
#include "policyd/cluster/identity.h"

#define HEARTBEAT_MAX       16384 /* bytes, signature and all */
#define HEARTBEAT_MAX_HEADS 50
#define HEARTBEAT_MAX_TEXT  200 /* of one why or problem */
#define HEARTBEAT_TROUBLED  15

struct heartbeat {
    json_t *root; /* an object; owned */
    char id[NODE_ID_SIZE], boot[NODE_ID_SIZE];
    uint64_t seq; /* 1 .. INT64_MAX */
};
/* Appends content, signed. -1: it would be longer than HEARTBEAT_MAX. */
int heartbeat_sign(struct str *out, const struct identity *identity, const json_t *content,
                   struct err *err);
/* Takes apart what is said to be the heartbeat of node `id`, and checks shape, bounds, id and signature. 0, -1; heartbeat_clear it. */
struct heartbeat_of {
    const char *cluster, *id;
    const uint8_t *sign_public; /* SIGN_PUBLIC_SIZE */
};
int heartbeat_read(struct span bytes, const struct heartbeat_of *of,
                   struct heartbeat *heartbeat_r, struct err *err);
void heartbeat_clear(struct heartbeat *heartbeat);
#endif
