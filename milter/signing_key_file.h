/* Signing keys on disk; behind signing_keys.h. */
#ifndef MILTER_SIGNING_KEY_FILE_H
#define MILTER_SIGNING_KEY_FILE_H
#include "milter/signing_keys.h"

char *signing_key_dir(const char *state_dir); /* the caller's to free */
/* Each key that is there, pinned for who takes it. */
int signing_key_read_all(const char *dir, void (*take)(void *ctx, struct signing_key *key),
                         void *ctx, struct err *err);
/* Names are checked already; takes private_key over. */
struct signing_key *signing_key_make(const char *dir, const char *domain, const char *selector,
                                     struct private_key *private_key, struct err *err);
int signing_key_remove(const struct signing_key *key, struct err *err);
#endif
