/* The quarantines of all nodes as one list, newest first: our own from the milter, the others' from the shared index. Blocks. */
#ifndef CLUSTER_QUARANTINE_LIST_H
#define CLUSTER_QUARANTINE_LIST_H
#include "policyd/cluster/membership.h"

struct quarantine_wanted {
    const char *state;   /* "": any; copies of what a live node holds only when asked for */
    const char *node_id; /* "": all */
    const char *code;    /* "": any; a decision code */
    size_t limit;        /* rows */
};
/* row: borrowed; has "node", "node_id", and "node_away_since" when its node is suspect or down ("" never seen). Problems (a quarantine that could not be asked,
 * rows that this cluster did not make) are appended, apart by "; ". */
void quarantine_list_all(const struct quarantine_wanted *wanted,
                         void (*row)(void *ctx, json_t *row), void *ctx, struct str *problems);
#endif
