/* eval.c - walks a chain top to bottom with what is known, and says what was decided, what is needed, or what is still to come. */
#include "rules/eval.h"
#include "rules/eval_inside.h"

/* Where a rule stands: NO it does not apply, YES it does, UNKNOWN it might, MISSING a fact is not learnt yet. */
struct standing {
    struct answer answer;
    bool is_held_back; /* its condition is true, its exception too */
};

static const struct bound nothing_bound = {{ELEMENT_NONE, ELEMENT_NONE, ELEMENT_NONE}};

static bool prints_record(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct text_template *text = &rule->actions[i].text;
        for (size_t k = 0; k < text->count; k++)
            if (text->parts[k].is_fact && fact_table[text->parts[k].fact].record != RECORD_NONE)
                return true;
    }
    return false;
}

/* Points and tags that are in doubt matter below, so whether an exception settles the doubt matters too. */
static bool leaves_doubt(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++)
        if (rule->actions[i].kind == ACTION_SCORE || rule->actions[i].kind == ACTION_TAG)
            return true;
    return false;
}

/* An exception counts only when it is certain; for who permits, a doubt is an exception too. */
static enum truth holds_back(const struct rule *rule, struct answer unless)
{
    if (unless.truth == UNKNOWN)
        return rule->permits ? YES : NO;
    return unless.truth;
}

static struct standing rule_stands(struct eval *e, const struct rule *rule)
{
    struct standing s = {.is_held_back = false};
    struct answer unless = answer_of(false);
    enum truth held;

    e->element = ELEMENT_NONE;
    e->bound = nothing_bound;
    e->prints_record = prints_record(rule);
    s.answer = eval_expr(e, rule->when);
    if (s.answer.truth == NO || rule->unless == NULL)
        return s;
    struct bound bound = e->bound; /* what an exception finds is not what the rule is about */
    e->prints_record = false;
    unless = eval_expr(e, rule->unless);
    e->bound = bound;
    held = holds_back(rule, unless);
    if (held == YES) {
        s.is_held_back = s.answer.truth == YES;
        s.answer = answer_of(false);
    } else if (held == MISSING && (s.answer.truth != UNKNOWN || leaves_doubt(rule))) {
        answer_join(&s.answer, unless);
    }
    return s;
}

/* Facts that its texts print must be there before it can do anything. */
static struct answer texts_ready(const struct eval *e, const struct rule *rule)
{
    struct answer sum = answer_of(true);

    for (size_t i = 0; i < rule->action_count; i++) {
        struct answer one = eval_text_ready(e, &rule->actions[i].text);
        if (one.truth != YES)
            answer_join(&sum, one);
    }
    return sum;
}

/* A rule that might apply: its points and tags are in doubt from here on. */
static void leave_in_doubt(struct eval *e, const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct action *action = &rule->actions[i];
        if (action->kind == ACTION_SCORE && action->number > 0)
            e->score_high += action->number;
        else if (action->kind == ACTION_SCORE)
            e->score_low += action->number;
        if (action->kind != ACTION_TAG)
            continue;
        e->maybe_tags =
            eval_grow(e->arena, e->maybe_tags, e->maybe_tag_count, sizeof *e->maybe_tags);
        e->maybe_tags[e->maybe_tag_count++] = action->name;
    }
}

static void note(struct eval *e, uint32_t rule, enum reason_kind what, const struct standing *s)
{
    const struct rule *of = &e->rules->rules[rule];
    struct reason reason = {
        .rule = rule, .what = what, .missing.fact = (enum fact_id)FACT_NONE};

    if (what == REASON_UNKNOWN)
        reason.missing = s->answer.fact;
    if (what == REASON_HELD_BACK)
        reason.detail = eval_detail(e, of->unless, eval_expr(e, of->unless).truth);
    else if (what != REASON_SKIPPED)
        reason.detail = eval_detail(e, of->when, what == REASON_UNKNOWN ? UNKNOWN : YES);
    eval_add_reason(e, reason);
}

/* Fuel is used up: nothing more can be said about this message. */
static void give_up(struct eval *e, uint32_t rule)
{
    struct outcome *out = &e->outcome;
    struct reason reason = {.rule = rule,
                            .what = REASON_UNKNOWN,
                            .missing.fact = (enum fact_id)FACT_NONE,
                            .detail = SPAN("more than 1000000 comparisons for one message")};

    eval_add_reason(e, reason);
    out->disposition = DISPOSITION_DEFER;
    out->rule = (int)rule;
    memcpy(out->code, "4.3.0", sizeof "4.3.0");
    out->text = SPAN("This message takes too long to judge, try again later");
    out->wants_quarantine = out->wants_keep = false;
}

enum step { STEP_ON, STEP_END, STEP_WAIT };

/* What a rule that is (warn) would do is noted, and what it would wait for is not waited for. */
static enum step step_warn(struct eval *e, uint32_t rule, const struct standing *s,
                           struct answer *wait)
{
    if (s->answer.truth == MISSING && s->answer.is_now) {
        *wait = s->answer;
        return STEP_WAIT;
    }
    if (s->answer.truth == YES)
        note(e, rule, REASON_WARNED, s);
    else if (s->answer.truth == UNKNOWN)
        note(e, rule, REASON_UNKNOWN, s);
    return STEP_ON;
}

static enum step step_enforced(struct eval *e, uint32_t rule, const struct standing *s,
                               struct answer *wait)
{
    const struct rule *of = &e->rules->rules[rule];

    *wait = s->answer;
    if (s->answer.truth == MISSING)
        return STEP_WAIT;
    if (s->answer.truth == UNKNOWN) {
        note(e, rule, REASON_UNKNOWN, s);
        leave_in_doubt(e, of);
    } else if (s->answer.truth == YES) {
        *wait = texts_ready(e, of);
        if (wait->truth == YES)
            *wait = eval_greylist_ready(e, of);
        if (wait->truth == MISSING)
            return STEP_WAIT;
        note(e, rule, REASON_APPLIED, s);
        return eval_actions(e, rule) ? STEP_END : STEP_ON;
    }
    return STEP_ON;
}

static enum step step(struct eval *e, uint32_t rule, struct answer *wait)
{
    const struct rule *of = &e->rules->rules[rule];
    struct standing s;

    if (e->is_skipped != NULL && e->is_skipped[rule]) {
        note(e, rule, REASON_SKIPPED, NULL);
        return STEP_ON;
    }
    s = rule_stands(e, of);
    if (e->fuel < 0) {
        give_up(e, rule);
        return STEP_END;
    }
    if (s.is_held_back)
        note(e, rule, REASON_HELD_BACK, &s);
    return of->is_warn ? step_warn(e, rule, &s, wait) : step_enforced(e, rule, &s, wait);
}

static enum step walk(struct eval *e, enum chain chain, struct answer *wait)
{
    for (uint32_t i = 0; i < e->rules->rule_count; i++) {
        const struct rule *rule = &e->rules->rules[i];
        enum step next;
        if (rule->chain != chain || rule->is_off)
            continue;
        next = step(e, i, wait);
        if (next != STEP_ON)
            return next;
    }
    eval_end_of_chain(e, chain, -1);
    return STEP_END;
}

static void tell_decided(struct eval *e, struct arena *arena, enum chain chain,
                         struct evaluation *out)
{
    eval_add_charges(e, chain);
    e->outcome.score_low = e->score_low;
    e->outcome.score_high = e->score_high;
    e->outcome.tags = e->tags;
    e->outcome.tag_count = e->tag_count;
    out->result = EVAL_DECIDED;
    out->outcome = eval_outcome_copy(arena, &e->outcome);
}

static void tell_waiting(struct arena *arena, const struct answer *wait, struct evaluation *out)
{
    struct fact_ref *need;

    if (!wait->is_now) {
        out->result = EVAL_PENDING;
        out->pending = wait->later;
        return;
    }
    need = arena_array(arena, 1, sizeof *need);
    *need = wait->fact;
    out->result = EVAL_NEED;
    out->needs = need;
    out->need_count = 1;
}

void evaluate(struct arena *arena, const struct lists *lists, enum chain chain,
              const struct facts_view *view, enum stage stage, struct evaluation *out)
{
    struct eval e = {.lists = lists,
                     .rules = lists->rules,
                     .view = view,
                     .stage = stage,
                     .arena = arena_new(),
                     .fuel = EVAL_FUEL,
                     .detail_fuel = EVAL_FUEL,
                     .outcome.rule = -1,
                     .permit_rule = -1,
                     .verify_rule = -1};
    struct answer wait = {.truth = NO};

    *out = (struct evaluation){.result = EVAL_DECIDED};
    if (walk(&e, chain, &wait) == STEP_WAIT)
        tell_waiting(arena, &wait, out);
    else
        tell_decided(&e, arena, chain, out);
    arena_free(&e.arena);
}
