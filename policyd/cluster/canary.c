/* canary.c - the order in force: kept, restored after a start, shown. */
#include "policyd/cluster/canary_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/heartbeat_content.h"
#include "policyd/cluster/ledger_inside.h"
#include "policyd/cluster/membership.h"

struct canary_state canary = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void take_order(struct canary_order *order)
{
    canary_order_clear(&canary.order);
    canary.order = *order;
    canary.noted_ms = clock_mono_ms();
    canary.is_restored = true;
}

static bool is_me(const char *id)
{
    struct identity identity;

    return identity_get(&identity) && strcmp(identity.id, id) == 0;
}

int canary_apply(const struct envelope *e, struct span payload, struct err *err)
{
    struct canary_order order;
    bool is_again;

    if (canary_order_parse(e, payload, &order, err) != 0)
        return -1;
    if (order.is_begin && is_me(order.node))
        heartbeat_ask_milter(); /* what was counted until now is of before */
    pthread_mutex_lock(&canary.lock);
    is_again = canary.order.number == order.number;
    take_order(&order);
    if (!is_again && canary.order.is_begin && is_me(canary.order.node))
        canary_trial_begin(&canary.order);
    else if (!canary.order.is_begin)
        canary_trial_end("ended", canary.order.why);
    pthread_mutex_unlock(&canary.lock);
    membership_changed();
    return 0;
}

/* The order as policyd.db has it, after a start. A trial of ours does not begin again by that. */
static void restore(void)
{
    struct ledger_head head;
    struct canary_order order;
    struct envelope e;
    struct str bytes = STR_EMPTY, own = STR_EMPTY;
    struct span payload;

    canary.is_restored = true;
    if (ledger_store_head(cluster_db(), SPAN("canary"), &head, NULL) != 1 ||
        ledger_store_get(cluster_db(), SPAN("canary"), head.number, &bytes, NULL) != 1)
        return;
    if (envelope_parse(str_span(&bytes), &e, NULL) == 0) {
        if (ledger_payload(&e, &own, &payload, NULL) == 0 &&
            canary_order_parse(&e, payload, &order, NULL) == 0)
            take_order(&order);
        envelope_clear(&e);
    }
    str_clear(&own);
    str_clear(&bytes);
}

void canary_feed(size_t source, const struct rates_counts *counts)
{
    pthread_mutex_lock(&canary.lock);
    rates_feed(&canary.rates, source, counts, clock_mono_ms());
    pthread_mutex_unlock(&canary.lock);
}

void canary_tick(void)
{
    pthread_mutex_lock(&canary.lock);
    if (!canary.is_restored && cluster_db() != NULL)
        restore();
    canary_trial_tick();
    pthread_mutex_unlock(&canary.lock);
    canary_watch_tick();
}

void canary_tell(json_t *content)
{
    json_t *row;

    pthread_mutex_lock(&canary.lock);
    row = canary_trial_row();
    pthread_mutex_unlock(&canary.lock);
    if (row != NULL)
        json_object_set_new(content, "canary", row);
}

bool canary_order_get(struct canary_order *order_r)
{
    bool is;

    pthread_mutex_lock(&canary.lock);
    is = canary.order.number > 0;
    *order_r = canary.order;
    order_r->text = (struct str)STR_EMPTY;
    str_add(&order_r->text, str_span(&canary.order.text));
    pthread_mutex_unlock(&canary.lock);
    return is;
}

void canary_reset(void)
{
    pthread_mutex_lock(&canary.lock);
    canary_trial_end("ended", "this node left the cluster");
    canary_order_clear(&canary.order);
    canary.is_restored = false;
    canary.trial = (struct canary_trial){0};
    pthread_mutex_unlock(&canary.lock);
}
