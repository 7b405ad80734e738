/* Signing keys on disk; behind dkim_keys.h. */
#ifndef MILTER_DKIM_KEY_FILE_H
#define MILTER_DKIM_KEY_FILE_H
#include "milter/dkim_keys.h"

char *dkim_key_dir(const char *state_dir); /* the caller's to free */
/* Each key that is there, pinned for who takes it. */
int dkim_key_read_all(const char *dir, void (*take)(void *ctx, struct dkim_key *key), void *ctx,
                      struct err *err);
/* Names are checked already; takes private_key over. */
struct dkim_key *dkim_key_make(const char *dir, const char *domain, const char *selector,
                               struct private_key *private_key, struct err *err);
int dkim_key_remove(const struct dkim_key *key, struct err *err);
#endif
