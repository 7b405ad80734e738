/* applicable.c - what this build can learn and do: enforced rules that ask for more are refused when they are applied. */
#include "rules/check.h"

struct applying {
    struct problems *problems;
    const struct rule *rule;
};

/* An enforced rule would do something else than it says. One in (warn) does nothing anyway: it is said, not refused. */
static void refuse(struct applying *a, struct place place, const char *name, const char *what)
{
    if (a->rule->is_warn) {
        problems_warn(a->problems, place.line, place.column,
                      "%s is not %s by this version: rule %.*s will find it unknown", name,
                      what, SPAN_ARG(a->rule->name));
        return;
    }
    problems_error(a->problems, place.line, place.column,
                   "%s is not %s by this version; mark rule %.*s (off)", name, what,
                   SPAN_ARG(a->rule->name));
}

static void check_learnt(struct applying *a, enum fact_id fact, struct place place)
{
    unsigned learnt = a->rule->chain == CHAIN_POLICY ? FACT_LEARNT_POLICY : FACT_LEARNT_FILTER;

    if ((fact_table[fact].flags & (learnt | FACT_EVALUATION)) != 0)
        return;
    refuse(a, place, fact_table[fact].name,
           (fact_table[fact].flags & FACT_LEARNT_FILTER) != 0
               ? "learnt in [policy], only in [filter],"
               : "learnt");
}

static void check_term(void *ctx, const struct walk_term *walked)
{
    check_learnt(ctx, walked->term->fact, walked->term->place);
}

static void check_stored_patterns(struct applying *a, const struct ruleset *rules,
                                  const struct expr *expr)
{
    bool is_stored = expr->kind == EXPR_COMPARE && expr->right.kind == TERM_LIST &&
                     rules->lists[expr->right.list].type == LIST_PATTERN &&
                     !rules->lists[expr->right.list].has_items;

    if (is_stored)
        problems_error(a->problems, expr->right.place.line, expr->right.place.column,
                       "a list of type pattern is not kept in the store by this version; write "
                       "its items in braces");
    for (size_t i = 0; i < expr->child_count; i++)
        check_stored_patterns(a, rules, expr->children[i]);
}

static void check_condition(struct applying *a, const struct ruleset *rules,
                            const struct expr *expr)
{
    if (expr == NULL)
        return;
    walk_facts(expr, check_term, a);
    check_stored_patterns(a, rules, expr);
}

static void check_rule_actions(struct applying *a)
{
    for (size_t i = 0; i < a->rule->action_count; i++) {
        const struct action *action = &a->rule->actions[i];

        if ((action_table[action->kind].flags & ACTION_IMPLEMENTED) == 0)
            refuse(a, action->place, action_table[action->kind].name, "done");
        for (size_t k = 0; k < action->text.count; k++)
            if (action->text.parts[k].is_fact)
                check_learnt(a, action->text.parts[k].fact, action->place);
    }
}

bool ruleset_is_applicable(const struct ruleset *rules, struct problems *problems)
{
    size_t errors;

    if (problems->arena == NULL)
        problems_init(problems, rules->file, rules->text);
    errors = problems->errors;
    for (size_t i = 0; i < rules->rule_count; i++) {
        struct applying a = {problems, &rules->rules[i]};

        if (rules->rules[i].is_off)
            continue;
        check_condition(&a, rules, rules->rules[i].when);
        check_condition(&a, rules, rules->rules[i].unless);
        check_rule_actions(&a);
    }
    return problems->errors == errors;
}
