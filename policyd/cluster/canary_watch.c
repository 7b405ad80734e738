/* canary_watch.c - the administrator's side: a trial is begun, watched, adopted or ended. */
#include "policyd/cluster/canary_inside.h"

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/protocol.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/membership.h"
#include "rules/ruleset.h"

#define SILENT_MS  30000 /* a live node that says nothing of a trial it was told of */
#define OVERDUE_MS (2 * CANARY_WAIT_MS)
#define BEGIN_MS   10000 /* until it is in force there */
#define LOOK_MS    100

/* The node of the order, as it was read last; false: it is no member. Free with membership_free(&nodes, *count_r). */
static struct node_seen *find_node(const char *id, bool is_fresh, struct node_seen **nodes_r,
                                   size_t *count_r)
{
    *count_r = membership_list(is_fresh, nodes_r);
    for (size_t i = 0; i < *count_r; i++)
        if (strcmp((*nodes_r)[i].member.id, id) == 0)
            return &(*nodes_r)[i];
    return NULL;
}

/* What the node says of this very trial; NULL: nothing. */
static const json_t *report_of(const struct node_seen *node, uint64_t number)
{
    const json_t *report = json_object_get(node->heartbeat, "canary");

    return json_integer_value(json_object_get(report, "number")) == (json_int_t)number ? report
                                                                                       : NULL;
}

static const char *text_of(const json_t *report, const char *name)
{
    const char *text = json_string_value(json_object_get(report, name));

    return text != NULL ? text : "";
}

static int append_end(const char *author, const char *why, struct err *err)
{
    struct str payload = STR_EMPTY;
    struct ledger_draft draft = {.subject = SPAN("canary"), .author = author, .is_base = true};
    uint64_t number;
    int state;

    canary_order_end(&payload, why);
    draft.payload = str_span(&payload);
    state = ledger_append(&draft, &number, err);
    str_clear(&payload);
    if (state == 0) /* somebody else ended it, or began another */
        return 0;
    return state == 1 ? 0 : -1;
}

/* As `rules apply` would, from the revision it was made from. */
static int adopt(const struct canary_order *order, struct str *why, struct err *err)
{
    struct ledger_status rules;
    struct ledger_draft draft = {.subject = SPAN("rules"),
                                 .payload = str_span(&order->text),
                                 .author = order->author,
                                 .note = order->note,
                                 .language = RULES_LANGUAGE};
    uint64_t number;
    int state;

    if (!ledger_status(SPAN("rules"), &rules) || rules.applied != order->base) {
        str_adds(why, "another revision was applied meanwhile");
        return 0;
    }
    draft.base_hash = rules.hash;
    state = ledger_append(&draft, &number, err);
    if (state < 0)
        return -1;
    if (state == 1)
        str_printf(why, "adopted as revision %llu", (unsigned long long)number);
    else
        str_printf(why, "another revision was applied meanwhile: %s", err->text);
    return 0;
}

struct watching {
    const struct canary_order *order;
    const struct node_seen *node; /* NULL: no member any more */
    int64_t since_ms;
    struct str *why;
    struct err *err;
};

/* Nothing can be known from the node any more: 1 with the reason, else 0. */
static int is_lost(const struct watching *w)
{
    if (w->node == NULL)
        str_adds(w->why, "the node belongs to the cluster no longer");
    else if (w->node->state == NODE_DOWN || w->node->state == NODE_NEVER_SEEN)
        str_printf(w->why, "the node is %s", names_name(node_state_names, (int)w->node->state));
    else if (w->since_ms > (int64_t)w->order->for_s * 1000 + OVERDUE_MS)
        str_adds(w->why, "the node did not say in time how it went");
    return w->why->len > 0;
}

/* By what the node says itself: 1 over (with the reason), 0 not yet, -1 tried to adopt it and failed. */
static int is_decided(const struct watching *w)
{
    const json_t *report = report_of(w->node, w->order->number);
    const char *state = text_of(report, "state");

    if (report == NULL) {
        if (w->node->state != NODE_ALIVE || w->since_ms <= SILENT_MS)
            return 0;
        str_adds(w->why, "the node says nothing of it: its policyd was started again");
        return 1;
    }
    if (strcmp(state, "passed") == 0)
        return adopt(w->order, w->why, w->err) == 0 ? 1 : -1;
    if (strcmp(state, "ended") != 0 && strcmp(state, "refused") != 0)
        return 0;
    str_printf(w->why, "%s there: %s", state, text_of(report, "why"));
    return 1;
}

static int judge(const struct canary_order *order, int64_t since_ms, struct str *why,
                 struct err *err)
{
    struct node_seen *nodes;
    size_t count;
    struct watching w = {.order = order, .since_ms = since_ms, .why = why, .err = err};
    int over;

    w.node = find_node(order->node, false, &nodes, &count);
    over = is_lost(&w) ? 1 : is_decided(&w);
    membership_free(&nodes, count);
    return over;
}

static bool is_mine(const struct canary_order *order)
{
    struct identity identity;

    return order->is_begin && identity_get(&identity) && strcmp(identity.id, order->by) == 0;
}

static int64_t noted(void)
{
    int64_t ms;

    pthread_mutex_lock(&canary.lock);
    ms = canary.noted_ms;
    pthread_mutex_unlock(&canary.lock);
    return ms;
}

void canary_watch_tick(void)
{
    struct canary_order order;
    struct str why = STR_EMPTY;
    struct err err;
    int over = 0;

    err_reset(&err);
    if (canary_order_get(&order) && is_mine(&order))
        over = judge(&order, clock_mono_ms() - noted(), &why, &err);
    if (over == 1) {
        log_info("canary: the trial on node %s is over: %s", order.node, str_cstr(&why));
        over = append_end(order.author, str_cstr(&why), &err) == 0 ? 0 : -1;
    }
    log_state("canary", over < 0, LOG_LEVEL_WARN,
              "what became of the trial cannot be written: %s; it is tried again", err.text);
    canary_order_clear(&order);
    str_clear(&why);
}

int canary_stop(const char *author, const char *why, struct err *err)
{
    struct canary_order order;
    bool is_begun = canary_order_get(&order) && order.is_begin;

    canary_order_clear(&order);
    if (!is_begun)
        return err_set(err, "no rules are on trial");
    return append_end(author, why, err);
}

static int make_order(const struct canary_draft *draft, struct canary_order *order,
                      struct err *err)
{
    struct identity identity;
    struct member member;

    if (!identity_get(&identity))
        return err_set(err, "this node belongs to no cluster: there is no other node to try "
                            "rules on");
    if (!members_by_name(draft->node, &member, err))
        return -1;
    *order = (struct canary_order){.for_s = draft->for_s, .base = draft->base};
    memcpy(order->node, member.id, sizeof order->node);
    memcpy(order->by, identity.id, sizeof order->by);
    snprintf(order->note, sizeof order->note, "%s", draft->note != NULL ? draft->note : "");
    str_add(&order->text, draft->text);
    return 0;
}

static int check_free(const struct canary_order *wanted, struct err *err)
{
    struct canary_order there;
    struct node_seen *nodes;
    size_t count;
    const struct node_seen *node;
    int state = 0;

    if (canary_order_get(&there) && there.is_begin)
        state = err_set(err,
                        "rules of %s are on trial already; `milter-ctl rules canary` shows "
                        "them, with --stop it ends that",
                        there.author);
    canary_order_clear(&there);
    node = find_node(wanted->node, true, &nodes, &count);
    if (state == 0 && (node == NULL || node->state != NODE_ALIVE))
        state = err_set(err,
                        "that node is %s; choose one that is alive (`milter-ctl node "
                        "list`)",
                        node != NULL ? names_name(node_state_names, (int)node->state)
                                     : "no member");
    membership_free(&nodes, count);
    return state;
}

/* 0 on trial there, -1 refused there, or not known in time. */
static int wait_begun(const char *id, uint64_t number, struct err *err)
{
    int64_t until = clock_mono_ms() + BEGIN_MS;
    char state[16] = "";

    while (state[0] == '\0' && clock_mono_ms() < until) {
        struct node_seen *nodes;
        size_t count;
        const struct node_seen *node = find_node(id, true, &nodes, &count);
        const json_t *report = node != NULL ? report_of(node, number) : NULL;

        snprintf(state, sizeof state, "%s", text_of(report, "state"));
        if (strcmp(state, "refused") == 0)
            err_set(err, "the node refuses them: %s", text_of(report, "why"));
        else if (strcmp(state, "ended") == 0)
            err_set(err, "the node took them back already: %s", text_of(report, "why"));
        membership_free(&nodes, count);
        if (state[0] == '\0')
            poll(NULL, 0, LOOK_MS);
    }
    if (state[0] == '\0')
        err_set(err, "the node did not say within %d s that they are in force there",
                BEGIN_MS / 1000);
    return strcmp(state, "trial") == 0 || strcmp(state, "passed") == 0 ? 0 : -1;
}

int canary_begin(const struct canary_draft *draft, struct err *err)
{
    struct canary_order order = {0};
    struct str payload = STR_EMPTY;
    struct ledger_draft entry = {
        .subject = SPAN("canary"), .author = draft->author, .is_base = true};
    uint64_t number;
    int state = -1;

    if (make_order(draft, &order, err) == 0 && check_free(&order, err) == 0 &&
        canary_order_begin(&payload, &order, err) == 0) {
        entry.payload = str_span(&payload);
        state =
            ledger_append(&entry, &number, err) == 1 ? wait_begun(order.node, number, err) : -1;
    }
    str_clear(&payload);
    canary_order_clear(&order);
    return state;
}
