/* state_dir/node.key: 32 random bytes, mode 0640, made once by whichever daemon starts first; the other reads the same. Purposes get subkeys. */
#ifndef STORE_NODE_KEY_H
#define STORE_NODE_KEY_H
#include "base/err.h"
#include "base/hash.h"

enum node_key_use { NODE_KEY_TRACE = 1, NODE_KEY_RELEASE, NODE_KEY_DIGEST, NODE_KEY_DECISION };

struct node_key {
    uint8_t master[HASH_KEY_SIZE];
    uint16_t node; /* 12 bits that stand for this node in decision codes; follow from the key */
};
/* Refuses a file that everybody can read. */
int node_key_load(const char *state_dir, struct node_key *key_r, struct err *err);
void node_key_subkey(const struct node_key *key, enum node_key_use use,
                     uint8_t out_r[HASH_KEY_SIZE]);
#endif
