/* Who belongs to the cluster and whose signature counts: what the ledger `members` says, kept in memory, rebuilt at start from the entries in
 * policyd.db. Payload: JSON {"verb": ...}:
 *   {"verb":"begin","signers":[PUB],"nodes":[...]}                              the first entry; signs itself, its hash is in every join token
 *   {"verb":"node","id","number","name","sign":HEX,"seal":HEX}                  joined
 *   {"verb":"forget","id"}                                                      its heartbeats, requests and answers are refused from now on
 *   {"verb":"signer","public":HEX,"retire":[KEYID],"heads":{SUBJECT:N}}         a new administrators' key; the one before stays valid for old entries:
 *                                                                               up to these numbers, of subjects not named for none
 *   {"verb":"key","generation":N,"sealed":{ID:BASE64}}                          a new cluster key, sealed to each member (base/seal.h)
 * Unknown verbs are skipped with one line in the log: a later release wrote them. */
#ifndef CLUSTER_MEMBERS_H
#define CLUSTER_MEMBERS_H
#include "policyd/cluster/envelope.h"
#include "policyd/cluster/identity.h"

#define MEMBERS_MAX 4000 /* numbers have 12 bits; 0 is a single node's */

struct member {
    char id[NODE_ID_SIZE], name[NODE_NAME_SIZE];
    uint16_t number;
    uint8_t sign_public[SIGN_PUBLIC_SIZE], seal_public[SEAL_PUBLIC_SIZE];
    bool is_forgotten;
    int64_t since_ms;
};
/* By id, by name (the name of its newest heartbeat counts too), by number in decision codes. False: no such member. Copies; any thread. */
bool members_by_id(const char *id, struct member *member_r);
bool members_by_name(struct span id_or_name, struct member *member_r,
                     struct err *err); /* several of that name: error */
bool members_by_number(unsigned number, struct member *member_r);
/* All but the forgotten, by name; free() it. */
size_t members_all(struct member **members_r);
/* The public key that entry `number` of the subject must be signed with; false: not a signer of this cluster, or retired before that entry. The feed
 * looks at `members` before all other subjects, so that a new signer is known before its first entry. */
bool members_signer(const char *keyid, struct span subject, uint64_t number,
                    uint8_t public_r[SIGN_PUBLIC_SIZE]);
/* For a node that joins: a number nobody has had, else one of a forgotten node's; 0: there is none. */
uint16_t members_free_number(void);
/* Its newest heartbeat says so. */
void members_note_name(const char *id, const char *name);
/* The first part of the cluster: the members as policyd.db says, the cluster key. */
int members_begin(struct err *err);
void members_end(void);
/* A struct ledger_kind's apply: called by the feed, in order, for verified entries of the subject. */
int members_apply(const struct envelope *e, struct span payload, struct err *err);
/* Entry 1 is signed by a key that stands in it: that key, out of its payload. It is believed for its hash alone: made here by init, or named by a join
 * token; both put it into ledger_store and apply it themselves. The feed never takes it from Redis. */
bool members_first_signer(const struct envelope *e, struct span payload,
                          uint8_t public_r[SIGN_PUBLIC_SIZE]);
void members_reset(void); /* before a rebuild, and at leave */
#endif
