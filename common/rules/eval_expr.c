/* eval_expr.c - conditions: and, or, not, the states of a fact, and any, all, no over a list. */
#include "rules/eval_inside.h"

/* Where an `or` or an `any` could hold in two ways, the first one is what {attachment.name} prints: a rule that prints it waits for
 * those before, so that an early answer is the one that the end would give. */
static bool must_wait(const struct eval *e, const struct answer *before)
{
    return e->prints_record && before->truth == MISSING;
}

static struct answer eval_and(struct eval *e, const struct expr *expr)
{
    struct answer sum = answer_of(true);
    struct bound bound = e->bound;

    for (size_t i = 0; i < expr->child_count; i++) {
        struct answer a = eval_expr(e, expr->children[i]);
        if (a.truth == NO) {
            e->bound = bound;
            return a;
        }
        answer_join(&sum, a);
    }
    if (sum.truth != YES)
        e->bound = bound;
    return sum;
}

static struct answer eval_or(struct eval *e, const struct expr *expr)
{
    struct answer sum = answer_of(false);
    struct bound bound = e->bound;

    for (size_t i = 0; i < expr->child_count; i++) {
        struct answer a = eval_expr(e, expr->children[i]);
        if (a.truth == YES && !must_wait(e, &sum))
            return a;
        e->bound = bound;
        if (a.truth != YES)
            answer_join(&sum, a);
    }
    return sum;
}

static struct answer eval_not(struct eval *e, const struct expr *expr)
{
    struct bound bound = e->bound;
    struct answer a = answer_not(eval_expr(e, expr->children[0]));

    e->bound = bound;
    return a;
}

/* The list itself may be still to come. */
static bool is_learnt(const struct eval *e, enum record record, struct answer *a)
{
    const struct record_list *list = facts_records(e->view->message, record);
    struct fact_ref ref = {.fact = record_first(record), .record = record};

    if (list->state != FACT_PENDING)
        return true;
    *a = answer_missing(e, ref, fact_table[ref.fact].stage);
    return false;
}

/* The elements in document order, then the one that stands for what an incomplete list lacks. */
static bool next_element(const struct eval *e, enum record record, int *element)
{
    const struct record_list *list = facts_records(e->view->message, record);

    if (*element == ELEMENT_EXTRA)
        return false;
    if (++*element < (int)list->count)
        return true;
    *element = ELEMENT_EXTRA;
    return list->is_incomplete || list->state == FACT_UNKNOWN;
}

static struct answer eval_any(struct eval *e, const struct expr *expr)
{
    struct answer sum = answer_of(false);
    int element = ELEMENT_NONE, outer = e->element;

    while (next_element(e, expr->record, &element)) {
        struct answer a;
        e->element = element;
        a = eval_expr(e, expr->children[0]);
        e->element = outer;
        if (a.truth == YES && !must_wait(e, &sum)) {
            if (e->bound.of[expr->record] == ELEMENT_NONE)
                e->bound.of[expr->record] = element;
            return a;
        }
        if (a.truth != YES)
            answer_join(&sum, a);
    }
    return sum;
}

static struct answer eval_all(struct eval *e, const struct expr *expr)
{
    struct answer sum = answer_of(true);
    int element = ELEMENT_NONE, outer = e->element;
    bool is_empty = true;

    while (next_element(e, expr->record, &element)) {
        struct answer a;
        is_empty = false;
        e->element = element;
        a = eval_expr(e, expr->children[0]);
        e->element = outer;
        if (a.truth == NO)
            return a;
        answer_join(&sum, a);
    }
    return is_empty ? answer_of(false) : sum;
}

static struct answer eval_quantified(struct eval *e, const struct expr *expr)
{
    struct answer a;
    struct bound bound = e->bound;

    if (!is_learnt(e, expr->record, &a))
        return a;
    if (expr->kind == EXPR_ALL)
        return eval_all(e, expr);
    a = eval_any(e, expr);
    if (expr->kind == EXPR_NO) {
        e->bound = bound;
        a = answer_not(a);
    }
    return a;
}

static struct answer eval_truth(const struct eval *e, const struct expr *expr)
{
    struct operand operand;

    eval_operand(e, &expr->left, &operand);
    if (operand.fact.state == FACT_PENDING || operand.fact.state == FACT_UNKNOWN)
        return operand.why;
    return answer_of(operand.fact.state == FACT_VALUE && operand.fact.values[0].number != 0);
}

static struct answer eval_state(const struct eval *e, const struct expr *expr)
{
    struct operand operand;

    eval_operand(e, &expr->left, &operand);
    if (operand.fact.state == FACT_PENDING)
        return operand.why;
    return answer_of(operand.fact.state == expr->state);
}

struct answer eval_expr(struct eval *e, const struct expr *expr)
{
    if (--e->fuel < 0)
        return answer_unknown((struct fact_ref){.fact = (enum fact_id)FACT_NONE});
    switch (expr->kind) {
    case EXPR_AND:
        return eval_and(e, expr);
    case EXPR_OR:
        return eval_or(e, expr);
    case EXPR_NOT:
        return eval_not(e, expr);
    case EXPR_COMPARE:
        return eval_compare(e, expr);
    case EXPR_TRUTH:
        return eval_truth(e, expr);
    case EXPR_STATE:
        return eval_state(e, expr);
    case EXPR_ANY:
    case EXPR_ALL:
    case EXPR_NO:
        return eval_quantified(e, expr);
    }
    return answer_of(false);
}
