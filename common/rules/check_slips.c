/* check_slips.c - values that load well and never hold, because something else was meant. */
#include "rules/check.h"

static bool is_whole(enum compare_op op)
{
    return op == OP_EQ || op == OP_NE || op == OP_IN || op == OP_NOT_IN;
}

static bool is_part(enum compare_op op)
{
    return op == OP_CONTAINS || op == OP_STARTS_WITH || op == OP_ENDS_WITH;
}

static bool has(struct span text, const char *what)
{
    size_t at;

    return span_find(text, span_of(what), &at);
}

/* True when it said something; one a comparison is enough. */
static bool check_text(struct checker *c, const struct expr *expr, struct span text)
{
    bool is_extension = expr->left.fact == FACT_ATTACHMENT_EXTENSION;

    if (is_extension && is_whole(expr->op) && text.len > 1 && text.ptr[0] == '.')
        check_warn(c, expr->right.place, "an extension has no dot; write %.*s instead of %.*s",
                   (int)text.len - 1, text.ptr + 1, SPAN_ARG(text));
    else if (is_whole(expr->op) && has(text, "*"))
        check_warn(
            c, expr->right.place,
            "* stands for itself here; use contains, starts with or ends with, or a list "
            "of type domain or address");
    else if (is_part(expr->op) && (has(text, ".*") || has(text, "\\")))
        check_warn(c, expr->right.place,
                   "%s takes text as it is; a pattern is written matches /%.*s/",
                   names_name(compare_op_names, (int)expr->op), SPAN_ARG(text));
    else
        return false;
    return true;
}

static void check_comparison(struct checker *c, const struct expr *expr)
{
    const struct term *right = &expr->right;
    const struct list_decl *list =
        right->kind == TERM_LIST ? &c->rules->lists[right->list] : NULL;
    bool is_textual = right->type == TYPE_STRING || right->type == TYPE_ADDRESS;

    if (!is_textual || (list != NULL && list->type == LIST_PATTERN))
        return;
    for (size_t i = 0; right->kind == TERM_LITERALS && i < right->count; i++)
        if (check_text(c, expr, right->values[i].text))
            return;
    for (size_t i = 0; list != NULL && i < list->item_count; i++)
        if (check_text(c, expr, list->items[i]))
            return;
}

static void check_condition(struct checker *c, const struct expr *expr)
{
    if (expr == NULL)
        return;
    if (expr->kind == EXPR_COMPARE)
        check_comparison(c, expr);
    for (size_t i = 0; i < expr->child_count; i++)
        check_condition(c, expr->children[i]);
}

void check_slips(struct checker *c)
{
    for (size_t i = 0; i < c->rules->rule_count; i++) {
        check_condition(c, c->rules->rules[i].when);
        check_condition(c, c->rules->rules[i].unless);
    }
}
