/* What the files of the canary share: canary.c (the order in force), canary_trial.c (this node's trial), canary_watch.c (the administrator's side). */
#ifndef CLUSTER_CANARY_INSIDE_H
#define CLUSTER_CANARY_INSIDE_H
#include <pthread.h>
#include "policyd/cluster/canary_order.h"

/* lock: of all below; publishing goes on with it held, nothing that waits for the feed does. */
struct canary_state {
    pthread_mutex_t lock;
    bool is_restored;
    struct canary_order order;
    int64_t noted_ms; /* monotonic; when this process learnt of the order */
    struct rates rates;
    struct canary_trial {
        uint64_t number;   /* of its order; 0: there has been none since the start */
        const char *state; /* "trial", "passed", "ended", "refused" */
        char why[1024];
        bool is_in_force;
        uint64_t base;
        char sha256[65]; /* of the text */
        int64_t begun_ms, for_ms;
        struct rates_counts before, at_begin;
    } trial;
};
extern struct canary_state canary;

/* With the lock held. */
void canary_trial_begin(const struct canary_order *order);
void canary_trial_end(const char *state, const char *why);
void canary_trial_tick(void);
json_t *canary_trial_row(void); /* NULL: none */
/* Without it. */
void canary_watch_tick(void);
/* A copy; false: there is no order. canary_order_clear it. */
bool canary_order_get(struct canary_order *order_r);
#endif
