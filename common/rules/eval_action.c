/* eval_action.c - what a rule that applies does to the outcome. */
#include "rules/eval_inside.h"

#define GREYLIST_CODE "4.7.1"

struct doing {
    struct eval *e;
    uint32_t rule;
    const struct action *action;
    bool is_final;
};

static void conclude(struct doing *d, enum disposition disposition)
{
    struct outcome *out = &d->e->outcome;

    out->disposition = disposition;
    out->rule = (int)d->rule;
    d->is_final = true;
}

static void do_refuse(struct doing *d)
{
    struct outcome *out = &d->e->outcome;

    memcpy(out->code, d->action->code, sizeof out->code);
    out->text = eval_text(d->e, d->action->kind, &d->action->text);
    conclude(d, d->action->kind == ACTION_REJECT ? DISPOSITION_REJECT : DISPOSITION_DEFER);
}

static void do_accept(struct doing *d)
{
    eval_end_of_chain(d->e, d->e->rules->rules[d->rule].chain, (int)d->rule);
    d->is_final = true;
}

static void do_permit_relay(struct doing *d)
{
    d->e->outcome.permits_relay = true;
    if (d->e->permit_rule < 0)
        d->e->permit_rule = (int)d->rule;
}

static void do_verify(struct doing *d)
{
    d->e->is_verify = true;
    if (d->e->verify_rule < 0)
        d->e->verify_rule = (int)d->rule;
}

/* Our own people's mail is not held: a login, a client in $relay_networks, whoever a rule above permits to relay. */
static struct answer is_ours(const struct eval *e)
{
    return e->outcome.permits_relay ? answer_of(true) : direction_is_outbound(e);
}

static void get_age(const struct eval *e, struct operand *age)
{
    const struct term term = {.kind = TERM_FACT, .fact = FACT_GREYLIST_AGE};

    eval_operand(e, &term, age);
}

struct answer eval_greylist_ready(const struct eval *e, const struct rule *rule)
{
    struct answer ours;
    struct operand age;

    for (size_t i = 0; i < rule->action_count; i++) {
        if (rule->actions[i].kind != ACTION_GREYLIST)
            continue;
        ours = is_ours(e);
        if (ours.truth == YES || ours.truth == MISSING)
            return ours;
        get_age(e, &age);
        return age.fact.state == FACT_PENDING ? age.why : answer_of(true);
    }
    return answer_of(true);
}

/* Holds while the first try is younger than it says. What cannot be known passes. */
static void do_greylist(struct doing *d)
{
    struct outcome *out = &d->e->outcome;
    struct operand age;

    if (is_ours(d->e).truth == YES)
        return;
    get_age(d->e, &age);
    if (age.fact.state != FACT_VALUE)
        return;
    if (age.fact.values[0].number >= d->action->number) {
        out->greylist_passed = true;
        return;
    }
    out->greylist_seconds = d->action->number;
    memcpy(out->code, GREYLIST_CODE, sizeof GREYLIST_CODE);
    out->text = SPAN("Greylisted, try again later");
    conclude(d, DISPOSITION_DEFER);
}

static void do_quarantine(struct doing *d)
{
    struct outcome *out = &d->e->outcome;

    out->wants_quarantine = true;
    out->quarantine_reason = eval_text(d->e, d->action->kind, &d->action->text);
    if (out->quarantine_reason.len == 0)
        out->quarantine_reason = d->e->rules->rules[d->rule].name;
    out->text = out->quarantine_reason;
    conclude(d, DISPOSITION_QUARANTINE);
}

static void do_keep(struct doing *d)
{
    d->e->outcome.wants_keep = true;
}

static void do_discard(struct doing *d)
{
    conclude(d, DISPOSITION_DISCARD);
}

static void do_hold(struct doing *d)
{
    conclude(d, DISPOSITION_HOLD);
}

static void do_score(struct doing *d)
{
    d->e->score_low += d->action->number;
    d->e->score_high += d->action->number;
}

static void do_tag(struct doing *d)
{
    struct eval *e = d->e;

    if (eval_has_tag(e->tags, e->tag_count, d->action->name))
        return;
    e->tags = eval_grow(e->arena, e->tags, e->tag_count, sizeof *e->tags);
    e->tags[e->tag_count++] = d->action->name;
}

static void do_log(struct doing *d)
{
    struct outcome *out = &d->e->outcome;
    struct span *logs = eval_grow(d->e->arena, out->logs, out->log_count, sizeof *logs);

    logs[out->log_count++] = eval_text(d->e, d->action->kind, &d->action->text);
    out->logs = logs;
}

static void do_skip(struct doing *d)
{
    struct eval *e = d->e;

    if (e->is_skipped == NULL)
        e->is_skipped = arena_array(e->arena, e->rules->rule_count, sizeof *e->is_skipped);
    for (size_t i = 0; i < d->action->skip_count; i++)
        e->is_skipped[d->action->skips[i]] = true;
}

static const enum edit_kind edit_kinds[ACTION__COUNT] = {
    [ACTION_ADD_HEADER] = EDIT_ADD_HEADER,
    [ACTION_REMOVE_HEADER] = EDIT_REMOVE_HEADER,
    [ACTION_PREFIX_SUBJECT] = EDIT_PREFIX_SUBJECT,
    [ACTION_APPEND_TEXT] = EDIT_APPEND_TEXT,
    [ACTION_REDIRECT] = EDIT_REDIRECT,
    [ACTION_COPY] = EDIT_COPY,
    [ACTION_STRIP] = EDIT_STRIP,
};

static void do_edit(struct doing *d)
{
    struct outcome *out = &d->e->outcome;
    struct edit *edits = eval_grow(d->e->arena, out->edits, out->edit_count, sizeof *edits);

    edits[out->edit_count++] = (struct edit){
        .kind = edit_kinds[d->action->kind],
        .name = d->action->name,
        .value = eval_text(d->e, d->action->kind, &d->action->text),
        .rule = d->rule,
    };
    out->edits = edits;
}

static void (*const doers[ACTION__COUNT])(struct doing *) = {
    [ACTION_ACCEPT] = do_accept,
    [ACTION_PERMIT_RELAY] = do_permit_relay,
    [ACTION_VERIFY] = do_verify,
    [ACTION_REJECT] = do_refuse,
    [ACTION_DEFER] = do_refuse,
    [ACTION_GREYLIST] = do_greylist,
    [ACTION_QUARANTINE] = do_quarantine,
    [ACTION_KEEP] = do_keep,
    [ACTION_DISCARD] = do_discard,
    [ACTION_HOLD] = do_hold,
    [ACTION_SCORE] = do_score,
    [ACTION_TAG] = do_tag,
    [ACTION_LOG] = do_log,
    [ACTION_SKIP] = do_skip,
    [ACTION_ADD_HEADER] = do_edit,
    [ACTION_REMOVE_HEADER] = do_edit,
    [ACTION_PREFIX_SUBJECT] = do_edit,
    [ACTION_APPEND_TEXT] = do_edit,
    [ACTION_REDIRECT] = do_edit,
    [ACTION_COPY] = do_edit,
    [ACTION_STRIP] = do_edit,
};

bool eval_actions(struct eval *e, uint32_t rule)
{
    const struct rule *of = &e->rules->rules[rule];
    struct doing d = {.e = e, .rule = rule};

    for (size_t i = 0; i < of->action_count; i++) {
        d.action = &of->actions[i];
        doers[d.action->kind](&d);
    }
    return d.is_final;
}

void eval_end_of_chain(struct eval *e, enum chain chain, int accepting_rule)
{
    struct outcome *out = &e->outcome;

    out->rule = accepting_rule;
    out->disposition = DISPOSITION_DELIVER;
    if (chain == CHAIN_FILTER)
        return;
    out->disposition = DISPOSITION_PASS;
    if (e->is_verify) {
        out->disposition = DISPOSITION_VERIFY;
        out->rule = e->verify_rule;
    } else if (out->permits_relay) {
        out->disposition = DISPOSITION_PERMIT;
        out->rule = e->permit_rule;
    }
}
