/* An hour of a node as it lies in Redis (hash stats:HOUR, field NODEID): signed by that node, so that whoever can write into Redis can count nothing in
 * its name, also long after keys were changed. Pure; fuzzed.
 *   postgate-statistics 1 VERSION SIGNATURE      (hexadecimal, over cluster, node, hour, version and text)
 *   TEXT                                         (statistics_counts.h) */
#ifndef CLUSTER_STATISTICS_SEAL_H
#define CLUSTER_STATISTICS_SEAL_H
#include "base/err.h"
#include "base/sign.h"
#include "policyd/cluster/statistics_counts.h"

#define STATISTICS_MAX_SEALED (STATISTICS_MAX_TEXT + 256)

/* Whose hour it is. */
struct sealed_of {
    const char *cluster, *node;
    int64_t hour;
};
void statistics_seal(struct str *out, const struct sealed_of *of, const struct sign_key *key,
                     int64_t version, struct span text);
/* *text_r: a part of sealed. -1: not of this node and hour, or damaged. */
int statistics_unseal(struct span sealed, const struct sealed_of *of,
                      const uint8_t public_key[SIGN_PUBLIC_SIZE], struct span *text_r,
                      struct err *err);
#endif
