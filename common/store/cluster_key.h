/* The cluster's shared key: cluster_key_file (default STATE_DIR/cluster.key), 0640, text:
 *   postgate-cluster-key 1
 *   generation N HEX          (the newest first; two at most: marks and codes of the one before stay good)
 * It only seeds labelled subkeys (trace, release, digest, decision, counters, cache, index). Without a cluster node.key does. Both daemons read it at start
 * and again when it changes (cluster_key_changed), so that keys rotate while mail flows. */
#ifndef STORE_CLUSTER_KEY_H
#define STORE_CLUSTER_KEY_H
#include "base/err.h"
#include "base/hash.h"

#define CLUSTER_KEY_GENERATIONS 2
struct cluster_key {
    size_t count; /* 0: no cluster */
    struct {
        uint64_t generation;
        uint8_t master[HASH_KEY_SIZE];
    } of[CLUSTER_KEY_GENERATIONS];
};
struct settings;
/* 1 read, 0 there is none, -1 (damaged, everybody can read it, ...). */
int cluster_key_load(const struct settings *settings, struct cluster_key *key_r,
                     struct err *err);
int cluster_key_store(const struct settings *settings, const struct cluster_key *key,
                      struct err *err);
/* Path of the file, free() it. */
char *cluster_key_path(const struct settings *settings);
void cluster_key_subkey(const struct cluster_key *key, size_t which, const char *label,
                        uint8_t out_r[HASH_KEY_SIZE]);
#endif
