/* The keys of this daemon, which change while mail flows: marks are signed by the newest, and those of the one before and of this node's own are known.
 * A transaction works with the keys there were when it read its marks. */
#ifndef MILTER_KEYS_H
#define MILTER_KEYS_H
#include "base/arena.h"
#include "milter/gate.h"
#include "store/node_key.h"

/* Follows the cluster's key: marks and decision codes are made with it from then on. gate->decisions is open. own: as long as the process. */
int keys_begin(struct gate *gate, const struct node_key *own, struct err *err);
void keys_end(void);
/* Those of this moment, in arena. Any thread. */
const struct trace_keys *keys_take(struct gate *gate, struct arena *arena);
#endif
