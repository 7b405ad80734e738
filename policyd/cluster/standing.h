/* How this node stands: asked before a command changes that. EXIT_OK, or another code with a text that says what would be right. */
#ifndef CLUSTER_STANDING_H
#define CLUSTER_STANDING_H
#include "control/protocol.h"

enum control_exit
standing_configured(struct err *err); /* postgate.cf names a cluster, and there is a database */
enum control_exit standing_member(struct err *err); /* configured, and a member */
enum control_exit standing_no_member(struct err *err);
enum control_exit standing_signing(struct err *err); /* holds the signing key */
enum control_exit standing_redis(struct err *err);   /* both links are up */
enum control_exit standing_name(struct err *err); /* node_name is one that can be a member's */
enum control_exit
standing_unused(struct err *err); /* no cluster of that name is in Redis; asks it */
#endif
