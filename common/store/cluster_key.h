/* The cluster's shared key: cluster_key_file (default STATE_DIR/cluster.key), 0640, text:
 *   postgate-cluster-key 1
 *   node N                    (of this node, in decision codes: the milter cannot read policyd's cluster/)
 *   generation N HEX          (the newest first; two at most: marks and codes of the one before stay good)
 * It only seeds labelled subkeys (trace, release, digest, decision, counters, cache, index). Without a cluster node.key does. Written by policyd alone; both
 * daemons read it at start and again when it changes (cluster_key_look), so that keys rotate while mail flows. */
#ifndef STORE_CLUSTER_KEY_H
#define STORE_CLUSTER_KEY_H
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

#define CLUSTER_KEY_GENERATIONS 2
struct cluster_key {
    size_t count; /* 0: no cluster */
    bool
        is_left; /* of a cluster this node has left: only for what was made then; cluster_key_follow alone gives it */
    uint16_t node; /* 1 to DECISION_NODE_MAX */
    struct {
        uint64_t generation;
        uint8_t master[HASH_KEY_SIZE];
    } of[CLUSTER_KEY_GENERATIONS];
};
struct settings;
/* 1 read, 0 there is none, -1 (damaged, everybody can read it, ...). */
int cluster_key_load(const struct settings *settings, struct cluster_key *key_r,
                     struct err *err);
/* Durable; cluster_key_get gives it from then on. */
int cluster_key_store(const struct settings *settings, const struct cluster_key *key,
                      struct err *err);
/* Takes the file away, renamed to its name and ".left"; 0 also when there is none. */
int cluster_key_remove(const struct settings *settings, struct err *err);
/* What cluster_key_remove left. As cluster_key_load. */
int cluster_key_load_left(const struct settings *settings, struct cluster_key *key_r,
                          struct err *err);
/* Path of the file, free() it. */
char *cluster_key_path(const struct settings *settings);
void cluster_key_subkey(const struct cluster_key *key, size_t which, const char *label,
                        uint8_t out_r[HASH_KEY_SIZE]);
int cluster_key_parse(struct span text, struct cluster_key *key_r, struct err *err);
void cluster_key_print(struct str *out, const struct cluster_key *key);

/* What is in use in this process. Looks whether the file is another one than last time, and takes it; a damaged one leaves in use what was, and is
 * said once in the log. Any thread but the policy loop (it reads a file): at start, then each second. True when what is in use changed. */
bool cluster_key_look(const struct settings *settings);
/* A copy, from memory. False (and count 0) without a cluster. Any thread. */
bool cluster_key_get(struct cluster_key *key_r);
struct decision_keys;
struct node_key;
/* For decisions_set_keys: the cluster's generations, then this node's own; of a cluster that was left the other way round. */
void cluster_key_decisions(const struct cluster_key *cluster, const struct node_key *own,
                           struct decision_keys *keys_r);
/* Looks (cluster_key_look) each second, on a thread of its own; calls `changed` each time it is another one, and once at first, within this call.
 * Without a cluster it gives the key of the one left last, if any (is_left): marks and codes of that time stay good. */
int cluster_key_follow(const struct settings *settings,
                       void (*changed)(void *ctx, const struct cluster_key *key), void *ctx,
                       struct err *err);
void cluster_key_unfollow(void);
/* The node whose decision a code of this cluster is, by key of either generation: candidates, newest first, at most CLUSTER_KEY_GENERATIONS; a code
 * that is none gives numbers too. */
size_t cluster_key_code_nodes(const struct cluster_key *key, uint64_t code, uint16_t *nodes_r);
#endif
