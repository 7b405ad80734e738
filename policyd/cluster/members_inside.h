/* The parts of members among themselves: the table in memory (members.c), and what entries do to it (members_apply.c). */
#ifndef CLUSTER_MEMBERS_INSIDE_H
#define CLUSTER_MEMBERS_INSIDE_H
#include <jansson.h>
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/members.h"

#define MEMBERS_SIGNERS_MAX  64   /* ever, retired ones too */
#define MEMBERS_SUBJECTS_MAX 4096 /* of which a retirement says the heads */

/* The last entry of a subject that a retired key may have signed. */
struct signer_limit {
    char subject[LEDGER_SUBJECT_MAX + 1];
    uint64_t number;
};

/* A node as JSON: {"id","name","sign","seal"} and perhaps "number" (else 0), each checked. Also what a joining node says of itself. */
int members_read_node(const json_t *object, struct member *member_r, struct err *err);
/* Each 0, or -1 with a text and nothing changed. Doing the same again is harmless. */
int members_put(const struct member *member, struct err *err);
int members_put_signer(const uint8_t public_key[SIGN_PUBLIC_SIZE], struct err *err);
/* Takes the limits over, also when it fails. */
int members_retire(const char *keyid, struct signer_limit *limits, size_t count,
                   struct err *err);
void members_put_forgotten(const char *id);
#endif
