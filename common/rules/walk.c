/* walk.c - questions about the form of conditions: which facts, equal, implied, bound. */
#include "rules/walk.h"

void walk_facts(const struct expr *expr, void (*visit)(void *ctx, const struct walk_term *term),
                void *ctx)
{
    bool has_left =
        expr->kind == EXPR_COMPARE || expr->kind == EXPR_TRUTH || expr->kind == EXPR_STATE;

    if (has_left && expr->left.kind == TERM_FACT)
        visit(ctx, &(struct walk_term){&expr->left, expr->kind == EXPR_STATE &&
                                                        expr->state == FACT_UNKNOWN});
    if (expr->kind == EXPR_COMPARE && expr->right.kind == TERM_FACT)
        visit(ctx, &(struct walk_term){&expr->right, false});
    for (size_t i = 0; i < expr->child_count; i++)
        walk_facts(expr->children[i], visit, ctx);
}

static bool literals_equal(const struct term *a, const struct term *b)
{
    if (a->count != b->count || a->type != b->type)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->type == TYPE_IP && (!ip_equal(&a->nets[i].ip, &b->nets[i].ip) ||
                                   a->nets[i].prefix != b->nets[i].prefix))
            return false;
        if (a->values[i].number != b->values[i].number ||
            !span_equal(a->values[i].text, b->values[i].text))
            return false;
    }
    return true;
}

static bool terms_equal(const struct term *a, const struct term *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case TERM_FACT:
        return a->fact == b->fact && span_equal(a->key, b->key);
    case TERM_LIST:
        return a->list == b->list;
    case TERM_LITERALS:
        return literals_equal(a, b);
    case TERM_PATTERN:
        return span_equal(a->pattern_text, b->pattern_text);
    }
    return true;
}

bool walk_equal(const struct expr *a, const struct expr *b)
{
    if (a->kind != b->kind || a->op != b->op || a->state != b->state ||
        a->record != b->record || a->child_count != b->child_count)
        return false;
    if (!terms_equal(&a->left, &b->left) || !terms_equal(&a->right, &b->right))
        return false;
    for (size_t i = 0; i < a->child_count; i++)
        if (!walk_equal(a->children[i], b->children[i]))
            return false;
    return true;
}

/* all: every child of expr implies b; else one is enough. */
static bool children_imply(const struct expr *expr, const struct expr *b, bool all,
                           size_t *fuel)
{
    for (size_t i = 0; i < expr->child_count; i++)
        if (walk_implies(expr->children[i], b, fuel) != all)
            return !all;
    return all;
}

static bool implies_children(const struct expr *a, const struct expr *expr, bool all,
                             size_t *fuel)
{
    for (size_t i = 0; i < expr->child_count; i++)
        if (walk_implies(a, expr->children[i], fuel) != all)
            return !all;
    return all;
}

/* An element that meets the narrower condition meets the wider one. */
static bool any_implies(const struct expr *a, const struct expr *b, size_t *fuel)
{
    return a->kind == EXPR_ANY && b->kind == EXPR_ANY && a->record == b->record &&
           walk_implies(a->children[0], b->children[0], fuel);
}

bool walk_implies(const struct expr *a, const struct expr *b, size_t *fuel)
{
    if (*fuel == 0)
        return false;
    (*fuel)--;
    if (walk_equal(a, b))
        return true;
    if (a->kind == EXPR_OR)
        return children_imply(a, b, true, fuel);
    if (b->kind == EXPR_AND)
        return implies_children(a, b, true, fuel);
    if (b->kind == EXPR_OR && implies_children(a, b, false, fuel))
        return true;
    if (a->kind == EXPR_AND)
        return children_imply(a, b, false, fuel);
    return any_implies(a, b, fuel);
}

bool walk_binds(const struct expr *expr, bool (*test)(const void *ctx, const struct expr *leaf),
                const void *ctx)
{
    bool is_or = expr->kind == EXPR_OR;

    if (!is_or && expr->kind != EXPR_AND)
        return test(ctx, expr);
    for (size_t i = 0; i < expr->child_count; i++)
        if (walk_binds(expr->children[i], test, ctx) != is_or)
            return !is_or;
    return is_or;
}
