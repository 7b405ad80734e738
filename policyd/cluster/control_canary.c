/* control_canary.c - rules canary: begin, show, stop. */
#include "engine/revision_check.h"
#include "policyd/cluster/canary.h"
#include "policyd/cluster/canary_inside.h"
#include "policyd/cluster/membership.h"
#include "policyd/control.h"

/* Over there already, and not yet written by the node that watches. */
static void say_returned(json_t *row)
{
    const char *state = json_string_value(json_object_get(row, "state"));

    if (state != NULL && (strcmp(state, "ended") == 0 || strcmp(state, "refused") == 0))
        json_object_set_new(row, "state", json_string("returned"));
}

/* {"node","state","why",...}: what the node on trial says itself. */
static json_t *report_row(const struct canary_order *order)
{
    struct node_seen *nodes;
    size_t count = membership_list(true, &nodes);
    json_t *row = json_object();

    for (size_t i = 0; i < count; i++) {
        json_t *report = json_object_get(nodes[i].heartbeat, "canary");

        if (strcmp(nodes[i].member.id, order->node) != 0)
            continue;
        json_object_set_new(row, "node", control_text(span_of(nodes[i].member.name)));
        json_object_set_new(row, "state", json_string("not begun"));
        if (json_integer_value(json_object_get(report, "number")) == (json_int_t)order->number)
            json_object_update(row, report);
        say_returned(row);
    }
    membership_free(&nodes, count);
    return row;
}

json_t *canary_row(void)
{
    struct canary_order order;
    json_t *row = NULL;

    if (canary_order_get(&order)) {
        row = order.is_begin ? report_row(&order)
                             : json_pack("{s:s,s:o}", "state", "ended", "why",
                                         control_text(span_of(order.why)));
        json_object_set_new(row, "number", json_integer((json_int_t)order.number));
        json_object_set_new(row, "author", control_text(span_of(order.author)));
    }
    if (row != NULL && order.is_begin) {
        json_object_set_new(row, "base", json_integer((json_int_t)order.base));
        json_object_set_new(row, "for_s", json_integer(order.for_s));
        json_object_set_new(row, "note", control_text(span_of(order.note)));
    }
    canary_order_clear(&order);
    return row;
}

enum control_exit control_canary_show(struct control_call *call, struct err *err)
{
    json_t *row = canary_row();

    if (row != NULL)
        control_row(call, row);
    else
        err_set(err, "no rules are on trial; `milter-ctl rules apply FILE --canary NODE` "
                     "begins one");
    return EXIT_OK;
}

enum control_exit control_canary_stop(struct control_call *call, struct err *err)
{
    struct str why = STR_EMPTY;
    int state;

    str_printf(&why, "stopped by %s", call->user);
    state = canary_stop(call->user, str_cstr(&why), err);
    if (state == 0)
        err_set(err, "the trial is over; the revision before it is in force on all nodes");
    str_clear(&why);
    return state == 0 ? EXIT_OK : EXIT_INVALID;
}

/* Checked and tested here first, as `rules apply` does. */
static int check_text(struct span text, struct err *err)
{
    struct revision_report report;
    struct ruleset *rules = revision_check(text, "rules", &report);
    int state = rules != NULL ? 0 : -1;

    if (state != 0)
        err_set(err, "not tried: %zu errors, %zu of %zu tests fail", report.errors,
                report.failed, report.tests);
    ruleset_unpin(&rules);
    revision_report_clear(&report);
    return state;
}

enum control_exit control_canary_begin(struct control_call *call, struct err *err)
{
    struct canary_draft draft = {.node = control_argument(call, "node"),
                                 .base = control_number(call, "base", 0),
                                 .author = call->user};
    uint64_t for_s = control_number(call, "for_s", CANARY_DEFAULT_S);
    struct str text = STR_EMPTY, note = STR_EMPTY;
    int state = -1;

    str_add(&note, control_argument(call, "note"));
    draft.note = str_cstr(&note);
    draft.for_s = (unsigned)for_s;
    if (for_s < CANARY_MIN_S || for_s > CANARY_MAX_S)
        err_set(err, "a trial takes %d s to %d h", CANARY_MIN_S, CANARY_MAX_S / 3600);
    else if (control_collect(call, RULES_MAX_BYTES, &text, err) == 0 &&
             check_text(str_span(&text), err) == 0) {
        draft.text = str_span(&text);
        state = canary_begin(&draft, err);
    }
    if (state == 0)
        err_set(err,
                "on trial on %.*s for %u s instead of revision %llu; within its bounds it is "
                "applied to all nodes then (`milter-ctl rules canary`)",
                SPAN_ARG(draft.node), draft.for_s, (unsigned long long)draft.base);
    str_clear(&text);
    str_clear(&note);
    return state == 0 ? EXIT_OK : EXIT_INVALID;
}
