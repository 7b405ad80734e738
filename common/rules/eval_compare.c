/* eval_compare.c - one comparison: states first, then the values of both sides, pair by pair. */
#include "rules/eval_inside.h"
#include "rules/pattern.h"
#include "base/xalloc.h"

#define TEXT_PER_FUEL 1024 /* bytes looked through for one of fuel */

static bool is_negative(enum compare_op op)
{
    return op == OP_NE || op == OP_NOT_IN;
}

static enum compare_op positive(enum compare_op op)
{
    return op == OP_NE ? OP_EQ : op == OP_NOT_IN ? OP_IN : op;
}

static bool is_ordered(enum compare_op op, int64_t left, int64_t right)
{
    switch (op) {
    case OP_LT:
        return left < right;
    case OP_LE:
        return left <= right;
    case OP_GT:
        return left > right;
    case OP_GE:
        return left >= right;
    default:
        return left == right;
    }
}

/* ASCII lower case, in memory of its own. */
static char *folded(struct span text)
{
    char *copy = xmalloc(text.len + 1);

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        copy[i] = (char)(c + (((unsigned)c - 'A' < 26) << 5));
    }
    return copy;
}

static bool contains(struct span text, struct span part)
{
    char *where, *what;
    bool is_in;

    if (part.len == 0 || part.len > text.len)
        return part.len == 0;
    where = folded(text);
    what = folded(part);
    is_in = memmem(where, text.len, what, part.len) != NULL;
    xfree(&where);
    xfree(&what);
    return is_in;
}

static bool ends_with(struct span text, struct span part)
{
    return text.len >= part.len &&
           span_iequal(span_from(text.ptr + (text.len - part.len), part.len), part);
}

static bool texts_match(enum compare_op op, struct span left, struct span right)
{
    switch (op) {
    case OP_CONTAINS:
        return contains(left, right);
    case OP_STARTS_WITH:
        return span_istarts(left, right);
    case OP_ENDS_WITH:
        return ends_with(left, right);
    default:
        return span_iequal(left, right);
    }
}

bool eval_values_match(struct eval *e, enum compare_op op, enum value_type type,
                       const struct value *left, const struct value *right)
{
    switch (type) {
    case TYPE_IP:
        e->fuel--;
        return ip_equal(&left->ip, &right->ip);
    case TYPE_DOMAIN:
    case TYPE_ADDRESS:
    case TYPE_STRING:
        e->fuel -= 1 + (int64_t)(left->text.len / TEXT_PER_FUEL);
        return texts_match(op, left->text, right->text);
    default:
        e->fuel--;
        return is_ordered(op, left->number, right->number);
    }
}

static bool matches_literals(struct eval *e, const struct expr *expr, const struct value *left)
{
    const struct term *right = &expr->right;

    for (size_t i = 0; i < right->count; i++) {
        if (right->nets == NULL) {
            if (eval_values_match(e, positive(expr->op), right->type, left, &right->values[i]))
                return true;
            continue;
        }
        e->fuel--;
        if (ipnet_holds(&right->nets[i], &left->ip))
            return true;
    }
    return false;
}

static bool matches_fact(struct eval *e, const struct expr *expr, const struct value *left,
                         const struct fact *right)
{
    for (uint32_t i = 0; i < right->count && e->fuel >= 0; i++)
        if (eval_values_match(e, positive(expr->op), expr->left.type, left, &right->values[i]))
            return true;
    return false;
}

static bool matches_pattern(struct eval *e, const struct expr *expr, const struct value *left)
{
    size_t which;

    e->fuel -= 1 + (int64_t)(left->text.len / TEXT_PER_FUEL);
    return patterns_match(expr->right.patterns, left->text, &which);
}

static bool value_matches(struct eval *e, const struct expr *expr, const struct value *left,
                          const struct fact *right)
{
    switch (expr->right.kind) {
    case TERM_FACT:
        return matches_fact(e, expr, left, right);
    case TERM_LIST:
        e->fuel -= 1 + (int64_t)(left->text.len / TEXT_PER_FUEL);
        return lists_hold(e->lists, expr->right.list, expr->left.type, left, NULL);
    case TERM_LITERALS:
        return matches_literals(e, expr, left);
    case TERM_PATTERN:
        return matches_pattern(e, expr, left);
    }
    return false;
}

/* On a set a comparison holds if it does for one element. */
static bool fact_matches(struct eval *e, const struct expr *expr, const struct fact *left,
                         const struct fact *right)
{
    for (uint32_t i = 0; i < left->count && e->fuel >= 0; i++)
        if (value_matches(e, expr, &left->values[i], right))
            return true;
    return false;
}

/* Absent, or a set without elements: whatever the other side is, the comparison is false. */
static bool is_nothing(const struct operand *operand)
{
    return operand->fact.state == FACT_ABSENT ||
           (operand->fact.state == FACT_VALUE && operand->fact.count == 0);
}

static struct answer compare_operands(struct eval *e, const struct expr *expr,
                                      const struct operand *left)
{
    struct operand right = {.fact = {.state = FACT_VALUE, .count = 1}};
    struct answer lacking = answer_of(true);

    if (expr->right.kind == TERM_FACT)
        eval_operand(e, &expr->right, &right);
    if (is_nothing(left) || is_nothing(&right))
        return answer_of(false);
    if (left->fact.state != FACT_VALUE)
        answer_join(&lacking, left->why);
    if (right.fact.state != FACT_VALUE)
        answer_join(&lacking, right.why);
    if (lacking.truth != YES)
        return lacking;
    return answer_of(fact_matches(e, expr, &left->fact, &right.fact));
}

static bool holds_for(struct eval *e, const struct expr *expr, int64_t number)
{
    struct value value = {.number = number};

    return matches_literals(e, expr, &value);
}

/* The answer if it is the same for every direction that is still possible. */
static struct answer compare_direction(struct eval *e, const struct expr *expr)
{
    struct direction_state direction;
    unsigned yes = 0;

    direction_of(e, &direction);
    for (unsigned i = DIRECTION_INBOUND; i <= DIRECTION_INTERNAL; i++)
        if ((direction.possible >> i & 1) != 0 && holds_for(e, expr, i))
            yes |= 1u << i;
    if (yes == 0 || yes == direction.possible)
        return answer_of(yes != 0);
    return direction.why;
}

static bool is_between(const struct eval *e, const struct term *right)
{
    for (size_t i = 0; i < right->count; i++)
        if (right->values[i].number >= e->score_low && right->values[i].number <= e->score_high)
            return true;
    return false;
}

/* Points still unknown leave an interval; the answer is known when both its ends give it, and no value asked for lies between. */
static struct answer compare_score(struct eval *e, const struct expr *expr)
{
    bool low = holds_for(e, expr, e->score_low), high = holds_for(e, expr, e->score_high);
    bool is_equality = positive(expr->op) == OP_EQ || positive(expr->op) == OP_IN;

    if (e->score_low == e->score_high)
        return answer_of(low);
    if (is_equality ? !is_between(e, &expr->right) : low == high)
        return answer_of(is_equality ? false : low);
    return answer_unknown((struct fact_ref){.fact = FACT_SCORE});
}

struct answer eval_compare(struct eval *e, const struct expr *expr)
{
    bool has_literals = expr->right.kind == TERM_LITERALS;
    struct operand left;
    struct answer a;

    if (expr->left.fact == FACT_DIRECTION && has_literals) {
        a = compare_direction(e, expr);
    } else if (expr->left.fact == FACT_SCORE && has_literals) {
        a = compare_score(e, expr);
    } else {
        eval_operand(e, &expr->left, &left);
        a = compare_operands(e, expr, &left);
    }
    return is_negative(expr->op) ? answer_not(a) : a;
}
