/* check_set.c - the rules beside each other: what can be skipped, what can never be reached, which lists nobody asks. */
#include "rules/check.h"

static void check_skips(struct checker *c, size_t index)
{
    const struct rule *rule = &c->rules->rules[index];

    for (size_t i = 0; i < rule->action_count; i++) {
        for (size_t k = 0; k < rule->actions[i].skip_count; k++) {
            const struct rule *skipped = &c->rules->rules[rule->actions[i].skips[k]];

            if (rule->actions[i].skips[k] <= index)
                check_error(
                    c, rule->actions[i].place,
                    "rule %.*s stands above and was asked already; skip names rules below",
                    SPAN_ARG(skipped->name));
            else if (skipped->chain != rule->chain)
                check_error(c, rule->actions[i].place,
                            "rule %.*s belongs to [%s]; skip names rules of its own chain",
                            SPAN_ARG(skipped->name),
                            names_name(chain_names, (int)skipped->chain));
        }
    }
}

static bool is_skipped_by(const struct rule *by, size_t index)
{
    for (size_t i = 0; i < by->action_count; i++)
        for (size_t k = 0; k < by->actions[i].skip_count; k++)
            if (by->actions[i].skips[k] == index)
                return true;
    return false;
}

static bool is_ever_skipped(const struct ruleset *rules, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_skipped_by(&rules->rules[i], index))
            return true;
    return false;
}

/* greylist ends its chain for a while only. */
static bool ends_always(const struct rule *rule)
{
    bool ends = false;

    for (size_t i = 0; i < rule->action_count; i++)
        ends |= rule->actions[i].kind != ACTION_GREYLIST &&
                (action_table[rule->actions[i].kind].flags & ACTION_IS_FINAL) != 0;
    return ends && !rule->is_off && !rule->is_warn && rule->unless == NULL;
}

static void check_reach(struct checker *c, size_t index)
{
    const struct rule *rule = &c->rules->rules[index];

    for (size_t i = 0; i < index && !rule->is_off; i++) {
        const struct rule *above = &c->rules->rules[i];

        if (above->chain != rule->chain || !ends_always(above) ||
            !walk_implies(rule->when, above->when, &c->fuel) || is_ever_skipped(c->rules, i))
            continue;
        check_warn(c, rule->place,
                   "rule %.*s is never reached: whenever it would apply, rule %.*s above (line "
                   "%u) has ended the chain",
                   SPAN_ARG(rule->name), SPAN_ARG(above->name), above->place.line);
        return;
    }
}

static const struct term *single_value(const struct expr *expr)
{
    bool is_single = expr->kind == EXPR_COMPARE && expr->op == OP_EQ && !expr->left.is_set &&
                     expr->right.kind == TERM_LITERALS && expr->left.type == TYPE_ENUM;

    return is_single ? &expr->right : NULL;
}

/* path = proxy and path = staging: the first of expr's conditions that wants another value than the one at `first` does, or NULL. */
static const struct expr *find_contrary(const struct expr *expr, size_t first)
{
    const struct term *wanted = single_value(expr->children[first]);

    for (size_t i = first + 1; wanted != NULL && i < expr->child_count; i++) {
        const struct term *other = single_value(expr->children[i]);

        if (other != NULL && expr->children[first]->left.fact == expr->children[i]->left.fact &&
            wanted->values[0].number != other->values[0].number)
            return expr->children[i];
    }
    return NULL;
}

/* One an `and` is enough, so that thousands of them do not take long. */
static void check_contradiction(struct checker *c, const struct expr *expr)
{
    const struct expr *contrary = NULL;

    for (size_t i = 0; i < expr->child_count; i++)
        check_contradiction(c, expr->children[i]);
    for (size_t i = 0; expr->kind == EXPR_AND && i < expr->child_count && contrary == NULL; i++)
        contrary = find_contrary(expr, i);
    if (contrary != NULL)
        check_warn(c, contrary->place,
                   "%s has one value; it cannot be this one and the other at once, so the "
                   "rule never applies",
                   fact_table[contrary->left.fact].name);
}

static bool asks_list(const struct expr *expr, uint32_t list)
{
    if (expr == NULL)
        return false;
    if (expr->kind == EXPR_COMPARE && expr->right.kind == TERM_LIST && expr->right.list == list)
        return true;
    for (size_t i = 0; i < expr->child_count; i++)
        if (asks_list(expr->children[i], list))
            return true;
    return false;
}

static void check_use(struct checker *c, uint32_t list)
{
    if ((int)list == c->rules->relay_networks)
        return;
    for (size_t i = 0; i < c->rules->rule_count; i++)
        if (asks_list(c->rules->rules[i].when, list) ||
            asks_list(c->rules->rules[i].unless, list))
            return;
    check_warn(c, c->rules->lists[list].place, "no rule asks list %.*s",
               SPAN_ARG(c->rules->lists[list].name));
}

struct tag_search {
    struct checker *c;
    size_t asking;
};

static bool gives(const struct rule *rule, enum fact_id fact, struct span tag)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        if (fact == FACT_SCORE && rule->actions[i].kind == ACTION_SCORE)
            return true;
        if (fact == FACT_TAG && rule->actions[i].kind == ACTION_TAG &&
            span_equal(rule->actions[i].name, tag))
            return true;
    }
    return false;
}

/* score and tags come from the rules above. */
static void check_given(void *ctx, const struct walk_term *walked)
{
    const struct tag_search *search = ctx;
    struct checker *c = search->c;
    const struct term *term = walked->term;

    if ((fact_table[term->fact].flags & FACT_EVALUATION) == 0)
        return;
    for (size_t i = 0; i < search->asking; i++)
        if (c->rules->rules[i].chain == c->rules->rules[search->asking].chain &&
            gives(&c->rules->rules[i], term->fact, term->key))
            return;
    if (term->fact == FACT_TAG)
        check_warn(c, term->place, "no rule above gives the tag \"%.*s\"", SPAN_ARG(term->key));
    else
        check_warn(c, term->place, "no rule above gives points, so the score is 0 here");
}

void check_set(struct checker *c)
{
    for (size_t i = 0; i < c->rules->rule_count; i++)
        check_skips(c, i);
    for (size_t i = 0; i < c->rules->rule_count; i++) {
        check_contradiction(c, c->rules->rules[i].when);
        walk_facts(c->rules->rules[i].when, check_given, &(struct tag_search){c, i});
        check_reach(c, i);
    }
    for (size_t i = 0; i < c->rules->list_count; i++)
        check_use(c, (uint32_t)i);
}
