/* What administrators change on a node of a cluster: checked here, signed, written, in force here when these return. Control handlers' threads. */
#ifndef CLUSTER_CHANGE_H
#define CLUSTER_CHANGE_H
#include "control/protocol.h"
#include "policyd/cluster/apply.h"
#include "policyd/cluster/ledger.h"

/* ledger_append, and what it means for whoever asked: EXIT_OK; EXIT_DIFFERS somebody else was first; EXIT_UNREACHABLE Redis is away; EXIT_INVALID. */
enum control_exit change_submit(const struct ledger_draft *draft, uint64_t *number_r,
                                struct err *err);
/* base: the revision it was made from, or REVISIONS_ANY_BASE. text has been checked. */
struct revision_draft;
enum control_exit change_rules(const struct revision_draft *draft, uint64_t *number_r,
                               struct err *err);
/* Tried again when somebody else was first. err: what was done. */
enum control_exit change_list(struct span name, const struct list_edit *edit,
                              const char *author, struct err *err);
/* hops NULL: removed. */
struct domain_change {
    struct span name; /* any spelling */
    const struct next_hop *hops;
    size_t hop_count;
    const char *author;
};
enum control_exit change_domain(const struct domain_change *change, struct err *err);
#endif
