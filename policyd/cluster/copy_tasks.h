/* What is to be done about second copies, one thing at a time. Blocks: asks other nodes, Redis and the milter. */
#ifndef CLUSTER_COPY_TASKS_H
#define CLUSTER_COPY_TASKS_H
#include "policyd/cluster/quarantine_shared.h"

enum copy_kind {
    COPY_OFFER = 1, /* ours: somebody shall fetch a copy */
    COPY_WITHDRAW,  /* ours, held no longer: whoever has a copy shall drop it */
    COPY_FETCH,     /* of node: fetch and keep it */
    COPY_CHECK /* ours is a copy of node's, which may hold it no longer: ask, and drop it then */
};
struct copy_task {
    enum copy_kind kind;
    char id[QUARANTINE_ID_SIZE], node[NODE_ID_SIZE];
};
void copy_task_do(const struct copy_task *task);
/* Has the node whose turn it is a copy of this message of ours (by its index)? True also when that cannot be known, or nobody is alive. */
bool copy_is_where_due(const char *id);
#endif
