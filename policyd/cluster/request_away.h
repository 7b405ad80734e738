/* Nodes that cannot be asked, in words. */
#ifndef CLUSTER_REQUEST_AWAY_H
#define CLUSTER_REQUEST_AWAY_H
#include "policyd/cluster/membership.h"
#include "policyd/cluster/requests.h"

/* True for a node that is down or was never seen: not asked at all. */
bool node_is_away(const struct node_seen *node);
/* "node gate2 is down since 2026-11-22T01:02:03Z"; for one that is not alive. */
void node_away_text(const struct node_seen *node, struct str *out);
/* The same for one id; err gets the text. */
bool request_is_away(const char *node_id, struct err *err);
/* The time it was last seen, or "" when never; at least 24 bytes. Returns buf. */
char *node_since(const struct node_seen *node, char *buf);
#endif
