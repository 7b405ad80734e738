/* One reading of one subject, between feed_pull.c (what is missing is taken), feed_start.c (from where) and feed_compare.c (nothing is missing: is it
 * the same?). All on the feed's thread. */
#ifndef CLUSTER_FEED_INSIDE_H
#define CLUSTER_FEED_INSIDE_H
#include "policyd/cluster/ledger_inside.h"

struct pull {
    const struct ledger_kind *kind;
    struct span subject;
    const struct ledger_head *own, *there; /* NULL: none */
    struct ledger_head tip;                /* the newest that is applied */
    bool has_tip;                          /* false: the next may follow on anything */
    uint64_t from, to;                     /* to be taken */
    struct ledger_status status;           /* what comes of it */
};
/* Returns -1. */
int pull_trouble(struct pull *p, enum ledger_state state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Judges an entry; the one that is the head must be the one `heads` names. 0, -1: said in status. envelope_clear e_r in both cases. */
int pull_judge(struct pull *p, struct span bytes, const struct ledger_expected *expected,
               struct envelope *e_r);
/* Reads one entry by itself, whatever its parent. bytes must outlive e_r. */
int pull_read(struct pull *p, uint64_t number, struct str *bytes, struct envelope *e_r);

/* feed_start.c: sets from and has_tip. */
int pull_find_start(struct pull *p);
/* feed_compare.c: Redis has no more than this node. */
void pull_compare(struct pull *p);

bool feed_is_waiting(void); /* something is applied and not in force yet */
void feed_forget(void);     /* at leave */
#endif
