/* Join tokens: CLUSTER.ID.SECRET.HASH, HASH of the first entry of `members`, so that a joining node knows whom to believe. Good once, 15 minutes. Who gives
 * one keeps it in state_dir/cluster/tokens (0600) for 15 minutes longer, to be able to say why it is refused. */
#ifndef CLUSTER_TOKEN_H
#define CLUSTER_TOKEN_H
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "policyd/cluster/envelope.h"
#include "policyd/cluster/identity.h"

#define TOKEN_VALID_MS 900000
#define TOKEN_MAX_TEXT 1024
#define TOKENS_MAX     16 /* given and not yet forgotten */

struct token {
    char cluster[NODE_NAME_SIZE];
    char id[NODE_ID_SIZE];
    uint8_t secret[HASH_KEY_SIZE];
    char hash[ENVELOPE_HASH_SIZE];
};
/* Both pure. Blanks and line ends around it do not matter. */
int token_parse(struct span text, struct token *token_r, struct err *err);
void token_print(struct str *out, const struct token *token);
/* What both sides authenticate with; the giver keeps this alone. */
void token_key(const struct token *token, uint8_t key_r[HASH_KEY_SIZE]);

struct token_given {
    char id[NODE_ID_SIZE];
    uint8_t key[HASH_KEY_SIZE];
    int64_t expires_ms;
    char used_by[NODE_ID_SIZE]; /* the node that joined with it; empty: unused */
};
/* The file of those given, read and written whole; callers take turns. Those long over are left out when it is read. */
int tokens_read(const char *state_dir, struct token_given *tokens_r, size_t *count_r,
                struct err *err);
int tokens_write(const char *state_dir, const struct token_given *tokens, size_t count,
                 struct err *err);
#endif
