/* parse_expr.c - conditions: or, and, not, comparisons, any RECORD (...). */
#include "rules/parse.h"

/* Words where an operator is expected. second: what must follow. teach: another language's word, and ours for it. */
static const struct {
    const char *word, *second;
    enum compare_op op;
    const char *teach;
} operator_words[] = {
    {"in", NULL, OP_IN, NULL},
    {"contains", NULL, OP_CONTAINS, NULL},
    {"matches", NULL, OP_MATCHES, NULL},
    {"starts", "with", OP_STARTS_WITH, NULL},
    {"ends", "with", OP_ENDS_WITH, NULL},
    {"not", "in", OP_NOT_IN, NULL},
    {"is", NULL, OP_EQ, "="},
    {"equals", NULL, OP_EQ, "="},
    {"eq", NULL, OP_EQ, "="},
    {"ne", NULL, OP_NE, "!="},
    {"has", NULL, OP_CONTAINS, "contains"},
    {"includes", NULL, OP_CONTAINS, "contains"},
    {"contain", NULL, OP_CONTAINS, "contains"},
    {"match", NULL, OP_MATCHES, "matches"},
    {"like", NULL, OP_MATCHES, "matches"},
    {"regex", NULL, OP_MATCHES, "matches"},
    {"startswith", NULL, OP_STARTS_WITH, "starts with"},
    {"endswith", NULL, OP_ENDS_WITH, "ends with"},
    {"within", NULL, OP_IN, "in"},
    {"above", NULL, OP_GT, ">"},
    {"over", NULL, OP_GT, ">"},
    {"below", NULL, OP_LT, "<"},
    {"under", NULL, OP_LT, "<"},
};

static const struct name_value state_words[] = {
    {"known", FACT_VALUE},
    {"absent", FACT_ABSENT},
    {"unknown", FACT_UNKNOWN},
    {NULL, 0},
};

static const struct name_value quantifiers[] = {
    {"any", EXPR_ANY},
    {"all", EXPR_ALL},
    {"no", EXPR_NO},
    {NULL, 0},
};

static bool parse_or(struct parser *p, const struct raw_expr **expr_r);

static struct raw_expr *new_expr(struct parser *p, enum expr_kind kind)
{
    struct raw_expr *expr = arena_alloc(p->arena, sizeof(*expr));

    expr->kind = kind;
    expr->place = p->token.place;
    if (++p->nodes > RULES_MAX_NODES)
        parse_fail(p, p->token.place,
                   "the conditions of this file have more than %d parts; use lists",
                   RULES_MAX_NODES);
    return expr;
}

static void add_child(struct parser *p, struct raw_expr *expr, const struct raw_expr *child)
{
    expr->children =
        parse_grow(p->arena, expr->children, expr->child_count, sizeof(expr->children[0]));
    expr->children[expr->child_count++] = child;
}

/* The second word of an operator: the with of `starts with`, the in of `not in`. */
static bool parse_second(struct parser *p, const char *first, const char *second)
{
    if (second == NULL || parse_take_word(p, second))
        return true;
    if (strcmp(first, "not") == 0)
        return parse_fail(p, p->token.place,
                          "after a fact comes `not in`; any other not stands before the "
                          "condition: not sender = \"a@b.example\"");
    return parse_fail(p, p->token.place, "%s is missing after %s, before %s", second, first,
                      parse_found(p));
}

/* 1 an operator was taken, 0 there is none, -1 error. */
static int parse_operator(struct parser *p, enum compare_op *op_r)
{
    if (p->token.kind == TOKEN_OPERATOR) {
        *op_r = p->token.op;
        parse_advance(p);
        return 1;
    }
    for (size_t i = 0; i < sizeof(operator_words) / sizeof(operator_words[0]); i++) {
        if (!parse_is_word(p, operator_words[i].word))
            continue;
        if (operator_words[i].teach != NULL)
            problems_error(p->problems, p->token.place.line, p->token.place.column,
                           "%s is no operator; write %s", operator_words[i].word,
                           operator_words[i].teach);
        parse_advance(p);
        *op_r = operator_words[i].op;
        return parse_second(p, operator_words[i].word, operator_words[i].second) ? 1 : -1;
    }
    return 0;
}

/* `sender = absent`: a state is asked without an operator. */
static bool parse_right(struct parser *p, struct raw_expr *expr)
{
    int state;

    if (p->token.kind == TOKEN_WORD && names_value(state_words, p->token.text, &state))
        return parse_fail(p, p->token.place, "%s is asked without an operator: %.*s %s",
                          parse_found(p), SPAN_ARG(expr->left.text), parse_found(p));
    if (!parse_term(p, &expr->right))
        return false;
    if (p->token.kind == TOKEN_OPERATOR)
        return parse_fail(p, p->token.place,
                          "a comparison has two sides; join two comparisons with and");
    return true;
}

static bool parse_state(struct parser *p, struct raw_expr *expr)
{
    int state;

    if (p->token.kind != TOKEN_WORD || !names_value(state_words, p->token.text, &state))
        return false;
    expr->kind = EXPR_STATE;
    expr->state = (enum fact_state)state;
    parse_advance(p);
    return true;
}

static bool parse_comparison(struct parser *p, const struct raw_expr **expr_r)
{
    struct raw_expr *expr = new_expr(p, EXPR_TRUTH);
    struct place place;
    int found;

    *expr_r = expr;
    if (!parse_term(p, &expr->left))
        return false;
    place = p->token.place;
    if (parse_state(p, expr))
        return true;
    found = parse_operator(p, &expr->op);
    if (found <= 0)
        return found == 0;
    expr->kind = EXPR_COMPARE;
    expr->place = place;
    return parse_right(p, expr);
}

/* any RECORD ( condition ) */
static bool parse_quantified(struct parser *p, int kind, const struct raw_expr **expr_r)
{
    struct raw_expr *expr = new_expr(p, (enum expr_kind)kind);
    const char *word = names_name(quantifiers, kind);
    const struct raw_expr *inner;

    *expr_r = expr;
    parse_advance(p);
    if (p->token.kind != TOKEN_WORD)
        return parse_fail(
            p, p->token.place,
            "after %s comes attachment or url: %s attachment (extension = \"exe\")", word,
            word);
    expr->record = p->token.text;
    expr->place = p->token.place;
    parse_advance(p);
    if (p->token.kind != TOKEN_OPEN_ROUND)
        return parse_fail(p, p->token.place,
                          "the condition on one %.*s stands in parentheses: %s %.*s (...)",
                          SPAN_ARG(expr->record), word, SPAN_ARG(expr->record));
    parse_advance(p);
    if (!parse_or(p, &inner))
        return false;
    add_child(p, expr, inner);
    return parse_expect(p, TOKEN_CLOSE_ROUND, ")");
}

static bool parse_primary(struct parser *p, const struct raw_expr **expr_r)
{
    int quantifier;

    if (p->token.kind == TOKEN_OPEN_ROUND) {
        parse_advance(p);
        return parse_or(p, expr_r) && parse_expect(p, TOKEN_CLOSE_ROUND, ")");
    }
    if (p->token.kind == TOKEN_WORD && names_value(quantifiers, p->token.text, &quantifier))
        return parse_quantified(p, quantifier, expr_r);
    return parse_comparison(p, expr_r);
}

static bool parse_not(struct parser *p, const struct raw_expr **expr_r)
{
    struct raw_expr *expr;
    const struct raw_expr *inner;

    if (!parse_is_word(p, "not"))
        return parse_primary(p, expr_r);
    expr = new_expr(p, EXPR_NOT);
    parse_advance(p);
    if (!parse_primary(p, &inner))
        return false;
    add_child(p, expr, inner);
    *expr_r = expr;
    return true;
}

/* Operands joined by word; one alone is itself. */
static bool parse_joined(struct parser *p, enum expr_kind kind, const struct raw_expr **expr_r)
{
    bool is_and = kind == EXPR_AND;
    struct raw_expr *expr = NULL;
    const struct raw_expr *operand;

    for (;;) {
        if (!(is_and ? parse_not(p, &operand) : parse_joined(p, EXPR_AND, &operand)))
            return false;
        if (expr != NULL)
            add_child(p, expr, operand);
        if (!parse_is_word(p, is_and ? "and" : "or"))
            break;
        if (expr == NULL) {
            expr = new_expr(p, kind);
            add_child(p, expr, operand);
        }
        parse_advance(p);
    }
    *expr_r = expr != NULL ? expr : operand;
    return p->is_fresh;
}

static bool parse_or(struct parser *p, const struct raw_expr **expr_r)
{
    bool is_good;

    if (p->depth == RULES_MAX_DEPTH)
        return parse_fail(p, p->token.place,
                          "parentheses more than %d deep; split the rule or use a list",
                          RULES_MAX_DEPTH);
    p->depth++;
    is_good = parse_joined(p, EXPR_OR, expr_r);
    p->depth--;
    return is_good;
}

bool parse_expr(struct parser *p, const struct raw_expr **expr_r)
{
    p->depth = 0;
    return parse_or(p, expr_r);
}
