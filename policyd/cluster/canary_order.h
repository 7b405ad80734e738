/* An entry of the ledger `canary`: canary.h says what it holds. Pure. */
#ifndef CLUSTER_CANARY_ORDER_H
#define CLUSTER_CANARY_ORDER_H
#include "policyd/cluster/canary.h"
#include "policyd/cluster/identity.h"

struct canary_order {
    uint64_t number; /* of the entry; 0: there is none */
    bool is_begin;
    char node[NODE_ID_SIZE], by[NODE_ID_SIZE];
    char author[256], note[1024], why[1024]; /* cut */
    struct str text;
    unsigned for_s;
    uint64_t base;
};
int canary_order_parse(const struct envelope *e, struct span payload,
                       struct canary_order *order_r, struct err *err);
void canary_order_clear(struct canary_order *order);
/* -1: the text is no UTF-8. */
int canary_order_begin(struct str *payload, const struct canary_order *order, struct err *err);
void canary_order_end(struct str *payload, const char *why);
#endif
