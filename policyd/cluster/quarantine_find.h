/* Which node has a message: by id from the shared index, by decision code from the node that made it. Blocks. */
#ifndef CLUSTER_QUARANTINE_FIND_H
#define CLUSTER_QUARANTINE_FIND_H
#include "policyd/cluster/quarantine_shared.h"

struct quarantine_place {
    char id[QUARANTINE_ID_SIZE];
    struct node_seen *nodes; /* all members; quarantine_place_clear */
    size_t count;
    const struct node_seen *holder, *copy; /* or NULL: nobody we know of */
    bool is_holder_here, is_copy_here;
    char holder_id[NODE_ID_SIZE]; /* what the copy says, when holder is NULL */
};
/* 1 somebody has it, or a copy; 0 nobody; -1 Redis or milter cannot be asked and it is not found otherwise. */
int quarantine_find(const char *what, struct quarantine_place *place_r, struct err *err);
void quarantine_place_clear(struct quarantine_place *place);
#endif
