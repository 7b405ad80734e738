/* Makes who joins a member. Used where tokens are watched. */
#ifndef CLUSTER_JOIN_MEMBER_H
#define CLUSTER_JOIN_MEMBER_H
#include "policyd/cluster/members.h"

/* Appends it to `members`, unless it is there already, and waits until it is applied here. 0 *member_r is set, -1. Blocks. */
int join_make_member(const struct member *asking, struct member *member_r, struct err *err);
#endif
