/* charge_limits.c - walks conditions for what counters are compared with. */
#include "rules/charge_limits.h"

struct finding {
    struct span name;
    struct charge_limits *limits;
};

static bool is_counter(const struct term *term, struct span name)
{
    return term->kind == TERM_FACT && term->fact > FACT_TAG && span_equal(term->key, name);
}

static void add(struct charge_limits *limits, int64_t number)
{
    size_t at = 0;

    while (at < limits->count && limits->of[at] < number)
        at++;
    if (at < limits->count && limits->of[at] == number)
        return;
    if (limits->count == CHARGE_LIMITS_MAX) {
        limits->is_open = true;
        return;
    }
    memmove(limits->of + at + 1, limits->of + at, (limits->count - at) * sizeof *limits->of);
    limits->of[at] = number;
    limits->count++;
}

static void take_other(const struct finding *f, const struct term *other)
{
    if (other->kind != TERM_LITERALS) {
        f->limits->is_open = true;
        return;
    }
    for (size_t i = 0; i < other->count; i++)
        add(f->limits, other->values[i].number);
}

/* Depth is bounded by RULES_MAX_DEPTH. */
static void walk(const struct finding *f, const struct expr *expr)
{
    if (expr == NULL)
        return;
    if (expr->kind == EXPR_COMPARE && is_counter(&expr->left, f->name))
        take_other(f, &expr->right);
    if (expr->kind == EXPR_COMPARE && is_counter(&expr->right, f->name))
        take_other(f, &expr->left);
    for (size_t i = 0; i < expr->child_count; i++)
        walk(f, expr->children[i]);
}

void charge_limits_find(const struct ruleset *rules, struct span name,
                        struct charge_limits *limits_r)
{
    struct finding f = {name, limits_r};

    memset(limits_r, 0, sizeof *limits_r);
    for (size_t i = 0; i < rules->rule_count; i++) {
        if (rules->rules[i].is_off)
            continue;
        walk(&f, rules->rules[i].when);
        walk(&f, rules->rules[i].unless);
    }
}

int64_t charge_limits_above(const struct charge_limits *limits, int64_t reading)
{
    if (limits->is_open)
        return -1;
    for (size_t i = 0; i < limits->count; i++)
        if (limits->of[i] >= reading)
            return limits->of[i];
    return -1;
}
