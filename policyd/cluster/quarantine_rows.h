/* A row of the shared index of the quarantine: what other nodes may see of an entry, as JSON sealed with the cluster's key (subkey "index"), bound
 * to node and id. What lies in Redis is foreign: opened, checked and bounded here. Pure but for cluster_key_get. */
#ifndef CLUSTER_QUARANTINE_ROWS_H
#define CLUSTER_QUARANTINE_ROWS_H
#include <jansson.h>
#include "base/sign.h"
#include "store/cluster_key.h"

#define QUARANTINE_ROW_MAX (8 * 1024) /* sealed */

struct quarantine_keys {
    size_t count; /* the newest first */
    uint8_t of[CLUSTER_KEY_GENERATIONS][HASH_KEY_SIZE];
};
/* False: no cluster, or its key is not here yet. */
bool quarantine_keys_get(struct quarantine_keys *keys_r);
/* What of the milter's row goes into the index: known names alone, texts cut. A new object. */
json_t *quarantine_row_brief(const json_t *row);
/* Appended. */
void quarantine_row_seal(struct str *out, const struct quarantine_keys *keys, const char *node,
                         const char *id, const json_t *brief);
/* NULL: not made by this cluster for this node and id. Names and lengths are those of a brief row. */
json_t *quarantine_row_open(struct span sealed, const struct quarantine_keys *keys,
                            const char *node, const char *id);
#endif
