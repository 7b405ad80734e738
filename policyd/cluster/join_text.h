/* What a joining node and the giver of its token write each other into Redis, where anybody may write: JSON, authenticated by the token's key.
 *   join:TOKENID     {"id","name","sign","seal","mac"}       the node that wants to join, and its public keys
 *   joined:TOKENID   {"id","sealed","mac"}                   the text of its cluster key file, sealed to it; or
 *                    {"id","refused":TEXT,"mac"}             why not
 * join: without a right mac gets no answer, joined: without one is passed over: nobody else can end a join.
 * mac: HMAC over all of it, cluster and token. Pure; fuzzed. */
#ifndef CLUSTER_JOIN_TEXT_H
#define CLUSTER_JOIN_TEXT_H
#include "policyd/cluster/members.h"

#define JOIN_TEXT_MAX 16384

/* A token as both sides know it. */
struct join_token {
    const char *cluster, *id;
    const uint8_t *key; /* token_key */
};
void join_ask_print(struct str *out, const struct join_token *token,
                    const struct member *member);
/* *member_r is filled in from 0 on; -1 with it (its id may be empty) where it is malformed or not authentic. */
int join_ask_parse(struct span text, const struct join_token *token, struct member *member_r,
                   struct err *err);
void join_answer_print(struct str *out, const struct join_token *token,
                       const struct member *member, struct span key_text);
void join_refusal_print(struct str *out, const struct join_token *token,
                        const struct member *member, const char *why);
/* 1: key_text appended; 0: not for this id (err is empty), or not authentic (err says so): wait on; -1: refused, with a text. */
int join_answer_open(struct str *key_text, struct span text, const struct join_token *token,
                     const struct identity *own, struct err *err);
#endif
