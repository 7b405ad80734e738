/* Second copies (setting quarantine_copies = 2): each message held here is also kept by one other live node, chosen by rendezvous hash, which fetches
 * it from here, sealed. The other way round this node keeps what others ask it to, until they no longer hold it. A thread of its own; what is
 * forgotten (it is bounded) comes back at the next comparison. */
#ifndef CLUSTER_QUARANTINE_COPIES_H
#define CLUSTER_QUARANTINE_COPIES_H
#include <jansson.h>
#include "base/err.h"
#include "policyd/cluster/identity.h"

int quarantine_copies_begin(struct err *err);
void quarantine_copies_end(void);
/* An entry of this node as it is now (the milter's row), NULL: it is gone. Any thread, at once. */
void quarantine_copies_changed(const char *id, const json_t *row);
/* The same, in the course of a comparison: what is in order costs nothing. */
void quarantine_copies_compare(const char *id, const json_t *row);
/* Another node asks to have its message copied. 0 noted, -1 busy. Any thread, at once. */
int quarantine_copies_fetch(const char *node, const char *id, struct err *err);
/* Of these nodes the one whose hash with the id is highest, by index; pure. -1: there is none. */
struct copy_candidate {
    char node[NODE_ID_SIZE];
    bool is_able;
};
int quarantine_copies_choose(const char *id, const struct copy_candidate *nodes, size_t count);
#endif
