/* New keys while mail flows: the cluster's shared key, and the administrators' signing key. Both are entries of `members`; needs the signing key. */
#ifndef CLUSTER_ROTATE_H
#define CLUSTER_ROTATE_H
#include "base/err.h"
#include "base/str.h"

/* The next generation, sealed to every member; *generation_r. Marks and codes of the one before stay good until the next rotation. -1. */
int rotate_key(const char *author, uint64_t *generation_r, struct err *err);
/* A new signing key takes the place of this node's, which is retired: entries it signed until now stay good. keyid_r: SIGN_ID_SIZE bytes. */
int rotate_signing(const char *author, char *keyid_r, struct err *err);
/* At start, when members are known: a new signing key whose entry was written before a crash takes its place. */
void rotate_finish(const char *state_dir);
#endif
