/* What this node says of itself: gathered from the parts of policyd and from its milter. Any thread. */
#ifndef CLUSTER_HEARTBEAT_CONTENT_H
#define CLUSTER_HEARTBEAT_CONTENT_H
#include <jansson.h>
#include "policyd/cluster/identity.h"

/* Asks the milter how it is, at most a second, and feeds its numbers and policyd's to the canary's rates. */
void heartbeat_ask_milter(void);
/* identity NULL: this machine is no member (`node list` shows it all the same). The caller owns it. Without boot and seq. */
json_t *heartbeat_content(const struct identity *identity);
/* sha256 over all subjects with number and hash, 64 hexadecimal digits. */
void heartbeat_digest(struct str *out);
#endif
