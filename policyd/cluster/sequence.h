/* The numbers of this node's heartbeats: each higher than all before, over restarts too (state_dir/cluster/sequence, one number, raised at each
 * start), and higher than whatever of this node's lies in Redis: a node restored from an old copy goes above what it had said since.
 * The membership thread's alone. */
#ifndef CLUSTER_SEQUENCE_H
#define CLUSTER_SEQUENCE_H
#include "base/err.h"
#include <stdint.h>

/* Of this run of policyd: begins anew for another node id. -1: the file cannot be read or written; numbers go on from what is known all the same. */
int sequence_begin(const char *state_dir, struct err *err);
uint64_t sequence_next(void);
void sequence_above(uint64_t found);
#endif
