/* check_unknown.c - what cannot be known must be decided: each fact of [filter] that a refusal needs and that may be unknown has a rule that says what happens
 * then. */
#include "rules/check.h"

/* Does the condition ask `fact unknown`, or for parts `any attachment (uninspected known)`, not under not? What stands beside it in an `and` is added to the
 * conditions that narrow it. */
#define NARROWING_MAX 64

struct decision {
    enum fact_id fact; /* what is asked; of a record: FACT_ATTACHMENT_UNINSPECTED */
    struct span key;
    size_t count;
    const struct expr *beside[NARROWING_MAX];
};

struct needing {
    struct checker *c;
    const struct rule *rule;
    bool is_done; /* one finding a rule is enough */
};

static bool asks_unknown(const struct decision *d, const struct expr *expr)
{
    enum fact_state wanted = d->fact == FACT_ATTACHMENT_UNINSPECTED ? FACT_VALUE : FACT_UNKNOWN;

    return expr->kind == EXPR_STATE && expr->state == wanted && expr->left.fact == d->fact &&
           span_equal(expr->left.key, d->key);
}

static bool decides(struct decision *d, const struct expr *expr);

static bool decides_beside(struct decision *d, const struct expr *expr)
{
    size_t at = 0;

    while (at < expr->child_count && !decides(d, expr->children[at]))
        at++;
    for (size_t i = 0; at < expr->child_count && i < expr->child_count; i++)
        if (i != at && d->count < NARROWING_MAX)
            d->beside[d->count++] = expr->children[i];
    return at < expr->child_count;
}

static bool decides(struct decision *d, const struct expr *expr)
{
    if (asks_unknown(d, expr))
        return true;
    if (expr->kind == EXPR_AND)
        return decides_beside(d, expr);
    for (size_t i = 0;
         (expr->kind == EXPR_OR || expr->kind == EXPR_ANY) && i < expr->child_count; i++)
        if (decides(d, expr->children[i]))
            return true;
    return false;
}

/* The condition is one of those that rule's condition is made of, inside its any RECORD (...) too. */
static bool has_condition(struct checker *c, const struct expr *expr, const struct expr *wanted)
{
    if (walk_implies(expr, wanted, &c->fuel))
        return true;
    for (size_t i = 0;
         (expr->kind == EXPR_AND || expr->kind == EXPR_ANY) && i < expr->child_count; i++)
        if (has_condition(c, expr->children[i], wanted))
            return true;
    return false;
}

static bool is_narrower(struct checker *c, const struct decision *d,
                        const struct rule *deciding, const struct rule *needing)
{
    if (deciding->unless != NULL &&
        (needing->unless == NULL || !walk_implies(deciding->unless, needing->unless, &c->fuel)))
        return true;
    for (size_t i = 0; i < d->count; i++)
        if (!has_condition(c, needing->when, d->beside[i]))
            return true;
    return false;
}

static bool is_enforced(const struct rule *rule)
{
    return !rule->is_warn && !rule->is_off;
}

static void undecided(struct needing *n, const struct term *term, bool is_part)
{
    const char *name = fact_table[term->fact].name;

    if (is_part)
        check_error(n->c, term->place,
                    "what is in an attachment cannot always be known, and no rule of [filter] "
                    "decides that; add one like: rule not-inspected when any "
                    "attachment (uninspected known) then quarantine \"could not be "
                    "inspected\", or mark rule %.*s (unknown passes)",
                    SPAN_ARG(n->rule->name));
    else
        check_error(n->c, term->place,
                    "%s can be unknown, and no rule of [filter] decides that; add one like: "
                    "rule could-not-know when %s unknown then defer \"4.7.1 Try again "
                    "later\", or mark rule %.*s (unknown passes)",
                    name, name, SPAN_ARG(n->rule->name));
}

/* Looks for a rule that decides what term may lack. */
static void look(struct needing *n, const struct term *term)
{
    bool is_part = fact_table[term->fact].record != RECORD_NONE;
    const struct rule *narrow = NULL;

    for (size_t i = 0; i < n->c->rules->rule_count; i++) {
        const struct rule *rule = &n->c->rules->rules[i];
        struct decision d = {.fact = is_part ? FACT_ATTACHMENT_UNINSPECTED : term->fact,
                             .key = term->key};

        if (rule->chain != CHAIN_FILTER || !is_enforced(rule) || !rule->is_final ||
            !decides(&d, rule->when))
            continue;
        if (rule == n->rule || !is_narrower(n->c, &d, rule, n->rule))
            return;
        narrow = rule;
    }
    n->is_done = true;
    if (narrow == NULL)
        undecided(n, term, is_part);
    else
        check_warn(n->c, term->place,
                   "%s can be unknown, and rule %.*s (line %u) decides that only under "
                   "conditions that this rule does not have; elsewhere an unknown passes here",
                   fact_table[term->fact].name, SPAN_ARG(narrow->name), narrow->place.line);
}

static void note_need(void *ctx, const struct walk_term *walked)
{
    struct needing *n = ctx;
    unsigned flags = fact_table[walked->term->fact].flags;

    if (!n->is_done && !walked->asks_unknown && (flags & FACT_MAY_UNKNOWN) != 0 &&
        (flags & FACT_EVALUATION) == 0)
        look(n, walked->term);
}

void check_unknown(struct checker *c)
{
    for (size_t i = 0; i < c->rules->rule_count; i++) {
        const struct rule *rule = &c->rules->rules[i];
        struct needing n = {.c = c, .rule = rule};

        if (rule->chain == CHAIN_FILTER && rule->restricts && is_enforced(rule) &&
            !rule->unknown_passes)
            walk_facts(rule->when, note_need, &n);
    }
}
