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
/* A copy; false when this node is no member. Any thread. */
bool identity_get(struct identity *identity_r);
#endif
