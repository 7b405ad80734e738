/* check_expr.c - conditions: from what was parsed to typed expressions. */
#include "rules/check.h"

/* Whether direction depends on the recipient: compared with inbound alone it does not. */
static bool asks_inbound_alone(const struct expr *expr)
{
    if (expr->right.kind != TERM_LITERALS)
        return false;
    for (size_t i = 0; i < expr->right.count; i++)
        if (expr->right.values[i].number != DIRECTION_INBOUND)
            return false;
    return true;
}

static bool term_reads_recipient(const struct term *term)
{
    bool reads =
        term->kind == TERM_FACT && (fact_table[term->fact].flags & FACT_PER_RECIPIENT) != 0;

    for (int i = 0; i < 2 && term->kind == TERM_FACT; i++)
        reads |= term->key_fact[i] != FACT_NONE &&
                 (fact_table[term->key_fact[i]].flags & FACT_PER_RECIPIENT) != 0;
    return reads;
}

static bool reads_recipient(const struct expr *expr)
{
    for (size_t i = 0; i < expr->child_count; i++)
        if (expr->children[i]->reads_recipient)
            return true;
    if (expr->child_count > 0)
        return false;
    if (expr->kind == EXPR_COMPARE && expr->left.fact == FACT_DIRECTION &&
        asks_inbound_alone(expr))
        return false;
    return term_reads_recipient(&expr->left) ||
           (expr->kind == EXPR_COMPARE && term_reads_recipient(&expr->right));
}

/* `path = proxy or staging`: the word left alone belongs to the comparison before it. */
static bool forgotten_comparison(struct checker *c, const struct raw_expr *raw,
                                 const struct raw_expr *before)
{
    int id = before != NULL && before->kind == EXPR_COMPARE ? check_find(c, &before->left)
                                                            : FACT_NONE;
    const char *name;

    if (id == FACT_NONE || check_find(c, &raw->left) != FACT_NONE || raw->kind != EXPR_TRUTH)
        return false;
    name = fact_table[id].name;
    if (before->right.kind == RAW_STRING
            ? raw->left.kind != RAW_STRING
            : fact_table[id].words == NULL ||
                  !names_value(fact_table[id].words, raw->left.text, &(int){0}))
        return false;
    if (raw->left.kind == RAW_STRING)
        check_error(c, raw->place,
                    "compare with several values like this: %s in { \"%.*s\" \"%.*s\" }", name,
                    SPAN_ARG(before->right.text), SPAN_ARG(raw->left.text));
    else
        check_error(c, raw->place, "compare with several values like this: %s in { %.*s %.*s }",
                    name, SPAN_ARG(before->right.text), SPAN_ARG(raw->left.text));
    return true;
}

static bool check_children(struct checker *c, const struct raw_expr *raw, struct expr *expr)
{
    const struct expr **children = arena_array(c->arena, raw->child_count, sizeof(*children));
    bool is_good = true;

    for (size_t i = 0; i < raw->child_count; i++) {
        const struct raw_expr *before = i > 0 ? raw->children[i - 1] : NULL;

        if (forgotten_comparison(c, raw->children[i], before))
            is_good = false;
        else
            is_good &= check_expr(c, raw->children[i], &children[i]);
    }
    expr->children = children;
    expr->child_count = raw->child_count;
    return is_good;
}

static bool check_quantified(struct checker *c, const struct raw_expr *raw, struct expr *expr)
{
    struct str names = STR_EMPTY;
    bool is_good;
    int record;

    if (c->inside != RECORD_NONE) {
        check_error(c, raw->place,
                    "any, all and no cannot stand inside each other; the conditions in "
                    "parentheses are about one %s",
                    names_name(record_names, (int)c->inside));
        return false;
    }
    if (!names_value(record_names, raw->record, &record)) {
        names_join(record_names, &names);
        check_error(c, raw->place, "there is no list of %.*s; it is %s", SPAN_ARG(raw->record),
                    str_cstr(&names));
        str_clear(&names);
        return false;
    }
    if (c->chain == CHAIN_POLICY) {
        check_error(c, raw->place,
                    "%ss are known only at the end of the message, and [policy] is asked at "
                    "RCPT TO; put this rule into [filter]",
                    names_name(record_names, record));
        return false;
    }
    expr->record = c->inside = (enum record)record;
    is_good = check_children(c, raw, expr);
    c->inside = RECORD_NONE;
    return is_good;
}

static bool check_truth(struct checker *c, const struct raw_expr *raw, struct expr *expr)
{
    if (!check_fact(c, &raw->left, &expr->left))
        return false;
    if (expr->left.type == TYPE_BOOL)
        return true;
    check_error(c, raw->place, "%s is %s and no condition by itself; %s, or ask `%s known`",
                fact_table[expr->left.fact].name, value_type_article(expr->left.type),
                check_advice(expr->left.type), fact_table[expr->left.fact].name);
    return false;
}

static bool check_state(struct checker *c, const struct raw_expr *raw, struct expr *expr)
{
    unsigned may = raw->state == FACT_ABSENT ? FACT_MAY_ABSENT : FACT_MAY_UNKNOWN;
    const struct fact_row *row;

    expr->state = raw->state;
    if (!check_fact(c, &raw->left, &expr->left))
        return false;
    row = &fact_table[expr->left.fact];
    if (expr->state != FACT_VALUE && (row->flags & (may | FACT_EVALUATION)) == 0)
        check_warn(c, raw->place, "%s is never %s; this condition never holds", row->name,
                   expr->state == FACT_ABSENT ? "absent" : "unknown");
    return true;
}

static bool check_kind(struct checker *c, const struct raw_expr *raw, struct expr *expr)
{
    switch (raw->kind) {
    case EXPR_COMPARE:
        return check_compare(c, raw, expr);
    case EXPR_TRUTH:
        return check_truth(c, raw, expr);
    case EXPR_STATE:
        return check_state(c, raw, expr);
    case EXPR_ANY:
    case EXPR_ALL:
    case EXPR_NO:
        return check_quantified(c, raw, expr);
    default:
        return check_children(c, raw, expr);
    }
}

bool check_expr(struct checker *c, const struct raw_expr *raw, const struct expr **expr_r)
{
    struct expr *expr = arena_alloc(c->arena, sizeof(*expr));

    expr->kind = raw->kind;
    expr->place = raw->place;
    *expr_r = expr;
    if (!check_kind(c, raw, expr))
        return false;
    expr->reads_recipient = reads_recipient(expr);
    return true;
}
