/* check_slips.c - values that load well and never hold, because something else was meant. */
#include "mail/org_domain.h"
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

/* A host is neither an address of a page nor one of a mail, and has nothing before its first label. */
static bool is_no_host(struct span text)
{
    return has(text, "/") || has(text, "@") || (text.len > 0 && text.ptr[0] == '.');
}

/* url.domain is never below what was registered. */
static void check_registered(struct checker *c, const struct expr *expr)
{
    for (size_t i = 0; is_whole(expr->op) && i < expr->right.count; i++) {
        struct span domain = expr->right.values[i].text, registered = org_domain(domain);

        if (registered.len == domain.len)
            continue;
        check_warn(c, expr->right.place,
                   "url.domain is what was registered, %.*s, and never %.*s; for one host "
                   "write host = \"%.*s\"",
                   SPAN_ARG(registered), SPAN_ARG(domain), SPAN_ARG(domain));
        return;
    }
}

/* True when it said something; one a comparison is enough. */
static bool check_text(struct checker *c, const struct expr *expr, struct span text)
{
    bool is_extension = expr->left.fact == FACT_ATTACHMENT_EXTENSION;

    if (is_extension && is_whole(expr->op) && text.len > 1 && text.ptr[0] == '.')
        check_warn(c, expr->right.place, "an extension has no dot; write %.*s instead of %.*s",
                   (int)text.len - 1, text.ptr + 1, SPAN_ARG(text));
    else if (expr->left.fact == FACT_URL_HOST && is_whole(expr->op) && is_no_host(text))
        check_warn(c, expr->right.place,
                   "a host is written as www.example.com; ask for all that is registered with "
                   "domain = \"example.com\" or ends with \".example.com\"");
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

    if (expr->left.fact == FACT_URL_DOMAIN && right->kind == TERM_LITERALS &&
        right->type == TYPE_DOMAIN)
        check_registered(c, expr);
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
