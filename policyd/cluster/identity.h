/* Who this node is in its cluster: the directory state_dir/cluster/ (0750), made by `cluster init` or `cluster join`, renamed away by `cluster leave`.
 *   node         id, number, name, cluster, Ed25519 and X25519 keys of this node       (0600, policyd's)
 *   signing.key  the administrators' Ed25519 key, only where they work                  (0600)
 *   members      a copy of what the ledger `members` says, for a start without Redis    (in policyd.db: store/ledger_store.h)
 * The cluster's shared key lies in cluster_key_file (default state_dir/cluster.key, 0640: the milter reads it, store/cluster_key.h).
 * The number is the node's in decision codes: unique in the cluster, given by the ledger. */
#ifndef CLUSTER_IDENTITY_H
#define CLUSTER_IDENTITY_H
#include "base/err.h"
#include "base/sign.h"

#define NODE_ID_SIZE   17 /* 16 hexadecimal digits and NUL; random, never the host's name */
#define NODE_NAME_SIZE 256

struct identity {
    char cluster[NODE_NAME_SIZE];
    char id[NODE_ID_SIZE];
    char name
        [NODE_NAME_SIZE]; /* node_name when it joined; the present one travels in the heartbeat */
    char boot[NODE_ID_SIZE]; /* of this run of policyd */
    uint16_t number;
    struct sign_key sign; /* heartbeats, requests */
    struct seal_key seal; /* what is sealed to this node */
    bool has_signing_key;
    struct sign_key signing;
};
/* Reads the directory; 1 member, 0 there is none, -1 (damaged, readable by others, of another cluster than the setting). */
int identity_load(const char *state_dir, const char *cluster_name, struct err *err);
/* Writing, by init, join, leave and rotate-key alone; all durable. What is stored is what identity_get gives from then on. */
int identity_store(const char *state_dir, const struct identity *identity, struct err *err);
int identity_store_signing(const char *state_dir, const struct sign_key *key, struct err *err);
/* The signing key here counts no longer (another one was put in its place): forgotten in memory, its file stays until the next one. */
void identity_retire_signing(void);
/* Renames the directory to cluster.left-TIME (its name into path_r, cut); this node is no member from then on. */
int identity_leave(const char *state_dir, char path_r[NODE_NAME_SIZE], struct err *err);
/* A copy; false when this node is no member. Any thread. */
bool identity_get(struct identity *identity_r);
#endif
