/* Joining a cluster with a token. The node that joins writes join:TOKENID; the node that gave the token watches that key while the token lives, appends it
 * to `members` and writes joined:TOKENID (join_text.h). */
#ifndef CLUSTER_JOIN_H
#define CLUSTER_JOIN_H
#include "base/str.h"
#include "policyd/cluster/token.h"

#define JOIN_WAIT_MS 20000 /* for the answer of the node that gave the token */

/* This node joins: 0 it is a member from then on, -1. Blocks. name: of this node. */
int join_cluster(const struct token *token, const char *name, struct err *err);
/* A new token, kept durably before it is given away. */
int join_give_token(struct token *token_r, struct err *err);
/* At leave: tokens given are void. */
void join_forget_tokens(void);
/* The part of the cluster that watches for who joins: a thread. */
int join_begin(struct err *err);
void join_end(void);
#endif
