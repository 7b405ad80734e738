/* What counters and greylist are hashed with: on this node a subkey of node.key (set once, before the first question), in Redis one of the cluster's
 * key; when that is rotated shared counters begin anew. */
#ifndef CLUSTER_COUNTERS_SECRET_H
#define CLUSTER_COUNTERS_SECRET_H
#include "base/hash.h"

void counters_secret_set(const uint8_t master[HASH_KEY_SIZE]);
const uint8_t *counters_secret(void);
/* False: there is no cluster's key. Any thread, never waits. */
bool counters_secret_shared(uint8_t secret_r[HASH_KEY_SIZE]);
#endif
