/* check_compare.c - comparisons: which operator fits which types, and what stands on the right side. */
#include "rules/check.h"

#define T(type)  (1u << TYPE_##type)
#define ORDERED  (T(NUMBER) | T(SIZE) | T(DURATION) | T(SCORE))
#define TEXTUAL  (T(DOMAIN) | T(ADDRESS) | T(STRING))
#define ANY_TYPE (ORDERED | TEXTUAL | T(BOOL) | T(IP) | T(ENUM))

/* What may stand to the right. */
#define R_ONE     0x01u /* one literal */
#define R_BRACES  0x02u
#define R_LIST    0x04u
#define R_PATTERN 0x08u
#define R_FACT    0x10u /* with one value */
#define R_SET     0x20u

static const struct {
    unsigned types; /* of the left side */
    unsigned right;
    enum compare_op mirrored; /* with the sides changed; 0 where that makes no sense */
    const char *left_advice, *right_advice;
} operators[] = {
    [OP_EQ] = {ANY_TYPE, R_ONE | R_FACT, OP_EQ, "", "for several values use `in`"},
    [OP_NE] = {ANY_TYPE, R_ONE | R_FACT, OP_NE, "", "for several values use `not in`"},
    [OP_LT] = {ORDERED, R_ONE | R_FACT, OP_GT, "it compares numbers, sizes and scores",
               "compare it with one value"},
    [OP_LE] = {ORDERED, R_ONE | R_FACT, OP_GE, "it compares numbers, sizes and scores",
               "compare it with one value"},
    [OP_GT] = {ORDERED, R_ONE | R_FACT, OP_LT, "it compares numbers, sizes and scores",
               "compare it with one value"},
    [OP_GE] = {ORDERED, R_ONE | R_FACT, OP_LE, "it compares numbers, sizes and scores",
               "compare it with one value"},
    [OP_IN] = {ANY_TYPE & ~T(BOOL), R_BRACES | R_LIST | R_SET, 0,
               "let it stand alone, or after not",
               "it takes a list ($partners), values in braces, a network or a set; for one "
               "value use ="},
    [OP_NOT_IN] = {ANY_TYPE & ~T(BOOL), R_BRACES | R_LIST | R_SET, 0,
                   "let it stand alone, or after not",
                   "it takes a list ($partners), values in braces, a network or a set; for one "
                   "value use !="},
    [OP_CONTAINS] = {TEXTUAL, R_ONE | R_BRACES | R_FACT, 0, "it looks into texts",
                     "it takes a text in quotes; for a list use `in`, for a pattern `matches`"},
    [OP_STARTS_WITH] =
        {TEXTUAL, R_ONE | R_BRACES | R_FACT, 0, "it looks into texts",
         "it takes a text in quotes; for a list use `in`, for a pattern `matches`"},
    [OP_ENDS_WITH] =
        {TEXTUAL, R_ONE | R_BRACES | R_FACT, 0, "it looks into texts",
         "it takes a text in quotes; for a list use `in`, for a pattern `matches`"},
    [OP_MATCHES] = {TEXTUAL, R_PATTERN | R_LIST, 0, "it looks into texts",
                    "it takes a pattern between slashes, /text/i, or a list of type pattern"},
};

static const enum value_type type_of_list[] = {
    [LIST_IP] = TYPE_IP,         [LIST_DOMAIN] = TYPE_DOMAIN,  [LIST_ADDRESS] = TYPE_ADDRESS,
    [LIST_STRING] = TYPE_STRING, [LIST_PATTERN] = TYPE_STRING,
};

static bool is_textual(enum value_type type)
{
    return (1u << type & TEXTUAL) != 0;
}

static bool wrong_right(struct checker *c, enum compare_op op, const struct raw_term *raw)
{
    check_error(c, raw->place, "%s cannot be followed by this; %s",
                names_name(compare_op_names, (int)op), operators[op].right_advice);
    return false;
}

static const char *name_of(const struct term *term)
{
    return fact_table[term->fact].name;
}

/* ADDRESS in a list of domains is the usual slip. */
static bool wrong_list(struct checker *c, const struct term *left, const struct raw_term *raw,
                       enum list_type type)
{
    const char *type_name = names_name(list_type_names, (int)type);

    if (left->type == TYPE_ADDRESS && type == LIST_DOMAIN && left->fact != FACT_REPLY_TO)
        check_error(c, raw->place,
                    "%s is a mail address and $%.*s a list of type domain; ask %s.domain",
                    name_of(left), SPAN_ARG(raw->text), name_of(left));
    else
        check_error(c, raw->place, "%s is %s and $%.*s a list of type %s; %s", name_of(left),
                    value_type_article(left->type), SPAN_ARG(raw->text), type_name,
                    check_advice(left->type));
    return false;
}

static const char *list_name(const void *ctx, size_t i)
{
    const struct ruleset *rules = ctx;

    return i < rules->list_count ? rules->lists[i].name.ptr : NULL;
}

static bool no_list(struct checker *c, const struct raw_term *raw)
{
    const char *near = names_nearest(raw->text, list_name, c->rules);

    if (near != NULL)
        check_error(c, raw->place, "there is no list %.*s; did you mean $%s?",
                    SPAN_ARG(raw->text), near);
    else
        check_error(c, raw->place, "there is no list %.*s; declare it: list %.*s TYPE",
                    SPAN_ARG(raw->text), SPAN_ARG(raw->text));
    return false;
}

static bool right_list(struct checker *c, struct expr *expr, const struct raw_term *raw)
{
    int index = ruleset_list(c->rules, raw->text);
    enum list_type type;

    if (index < 0)
        return no_list(c, raw);
    type = c->rules->lists[index].type;
    if (expr->op == OP_MATCHES && type != LIST_PATTERN) {
        check_error(c, raw->place,
                    "matches takes a list of type pattern; $%.*s is of type %s: use `in`",
                    SPAN_ARG(raw->text), names_name(list_type_names, (int)type));
        return false;
    }
    if (type == LIST_PATTERN ? !is_textual(expr->left.type)
                             : type_of_list[type] != expr->left.type)
        return wrong_list(c, &expr->left, raw, type);
    expr->right = (struct term){.kind = TERM_LIST,
                                .type = type_of_list[type],
                                .list = (uint32_t)index,
                                .key_fact = {FACT_NONE, FACT_NONE},
                                .place = raw->place};
    return true;
}

static bool right_pattern(struct checker *c, struct expr *expr, const struct raw_term *raw)
{
    struct pattern_source source = {raw->text, raw->ignore_case};
    struct err err = {""};
    size_t failed;
    struct patterns *patterns;

    if (expr->op != OP_MATCHES) {
        check_error(c, raw->place, "a pattern stands after matches: %s matches /%.*s/",
                    name_of(&expr->left), SPAN_ARG(raw->text));
        return false;
    }
    if (raw->text.len > RULES_MAX_PATTERN || c->rules->pattern_count == RULES_MAX_PATTERNS) {
        check_error(c, raw->place, "a pattern has at most %d bytes, a file at most %d patterns",
                    RULES_MAX_PATTERN, RULES_MAX_PATTERNS);
        return false;
    }
    patterns = patterns_compile(&source, 1, &failed, &err);
    if (patterns == NULL) {
        check_error(c, raw->place, "%s", err.text);
        return false;
    }
    ruleset_own_patterns(c->rules, patterns);
    expr->right = (struct term){.kind = TERM_PATTERN,
                                .type = TYPE_STRING,
                                .patterns = patterns,
                                .key_fact = {FACT_NONE, FACT_NONE},
                                .place = raw->place};
    expr->right.pattern_text = span_of(
        arena_printf(c->arena, "/%.*s/%s", SPAN_ARG(raw->text), raw->ignore_case ? "i" : ""));
    return true;
}

/* Parts of domains and addresses are texts: ends with ".example.com". */
static struct literal_type literal_type_of(const struct expr *expr)
{
    bool is_part =
        expr->op == OP_CONTAINS || expr->op == OP_STARTS_WITH || expr->op == OP_ENDS_WITH;

    return (struct literal_type){is_part ? TYPE_STRING : expr->left.type,
                                 fact_table[expr->left.fact].words, name_of(&expr->left)};
}

/* One literal, or those in braces; raw[0 .. count - 1]. */
static bool right_literals(struct checker *c, struct expr *expr, const struct raw_term *raw,
                           size_t count)
{
    struct literal_type type = literal_type_of(expr);
    struct value *values = arena_array(c->arena, count, sizeof(*values));
    struct ipnet *nets = arena_array(c->arena, count, sizeof(*nets));

    for (size_t i = 0; i < count; i++)
        if (!check_literal(c, &type, &raw[i], &values[i], &nets[i]))
            return false;
    expr->right = (struct term){
        .kind = TERM_LITERALS,
        .type = type.type,
        .count = count,
        .values = values,
        .nets = type.type == TYPE_IP ? nets : NULL,
        .key_fact = {FACT_NONE, FACT_NONE},
        .place = raw[0].place,
    };
    return true;
}

static bool right_braces(struct checker *c, struct expr *expr, const struct raw_term *raw)
{
    if (raw->count > 0)
        return right_literals(c, expr, raw->items, raw->count);
    check_error(c, raw->place, "there is nothing in these braces");
    return false;
}

static bool fits(const struct term *left, const struct term *right)
{
    if (left->type == TYPE_ENUM)
        return right->type == TYPE_ENUM &&
               fact_table[left->fact].words == fact_table[right->fact].words;
    if (left->type == right->type)
        return true;
    return is_textual(left->type) && is_textual(right->type) &&
           (left->type == TYPE_STRING || right->type == TYPE_STRING);
}

static bool right_fact(struct checker *c, struct expr *expr, const struct raw_term *raw)
{
    bool is_part =
        expr->op == OP_CONTAINS || expr->op == OP_STARTS_WITH || expr->op == OP_ENDS_WITH;
    unsigned right = operators[expr->op].right;

    if (!check_fact(c, raw, &expr->right))
        return false;
    if (is_part ? !is_textual(expr->right.type) : !fits(&expr->left, &expr->right)) {
        check_error(c, raw->place, "%s is %s and %s %s; %s", name_of(&expr->left),
                    value_type_article(expr->left.type), name_of(&expr->right),
                    value_type_article(expr->right.type), check_advice(expr->left.type));
        return false;
    }
    if (expr->right.is_set ? (right & R_SET) != 0 : (right & R_FACT) != 0)
        return true;
    check_error(c, raw->place,
                expr->right.is_set ? "%s is a set; ask whether something is in it with `in`"
                                   : "%s is one value, no set; compare with = or !=",
                name_of(&expr->right));
    return false;
}

/* A word reads as the left side's type says; where that gives nothing, as a fact. */
static bool right_word(struct checker *c, struct expr *expr, const struct raw_term *raw)
{
    struct literal_type type = literal_type_of(expr);
    bool is_enum_word = type.type == TYPE_ENUM && names_value(type.words, raw->text, &(int){0});
    bool is_network = type.type == TYPE_IP && (operators[expr->op].right & R_BRACES) != 0 &&
                      memchr(raw->text.ptr, '/', raw->text.len) != NULL;

    if (!is_enum_word && check_find(c, raw) != FACT_NONE)
        return right_fact(c, expr, raw);
    if (!is_enum_word && ruleset_list(c->rules, raw->text) >= 0) {
        check_error(c, raw->place, "$ stands before the name of a list; write in $%.*s",
                    SPAN_ARG(raw->text));
        return false;
    }
    if (is_textual(type.type)) {
        check_error(c, raw->place, "text stands in double quotes; write \"%.*s\"",
                    SPAN_ARG(raw->text));
        return false;
    }
    if ((operators[expr->op].right & R_ONE) == 0 && !is_network)
        return wrong_right(c, expr->op, raw);
    return right_literals(c, expr, raw, 1);
}

static bool right_side(struct checker *c, struct expr *expr, const struct raw_term *raw)
{
    unsigned right = operators[expr->op].right;

    switch (raw->kind) {
    case RAW_LIST:
        return (right & R_LIST) != 0 ? right_list(c, expr, raw) : wrong_right(c, expr->op, raw);
    case RAW_BRACES:
        return (right & R_BRACES) != 0 ? right_braces(c, expr, raw)
                                       : wrong_right(c, expr->op, raw);
    case RAW_PATTERN:
        return right_pattern(c, expr, raw);
    case RAW_STRING:
        return (right & R_ONE) != 0 ? right_literals(c, expr, raw, 1)
                                    : wrong_right(c, expr->op, raw);
    case RAW_WORD:
        return right_word(c, expr, raw);
    case RAW_CALL:
        return right_fact(c, expr, raw);
    default:
        return wrong_right(c, expr->op, raw);
    }
}

static void negate(struct checker *c, const struct expr *inner, struct expr *expr)
{
    const struct expr **children = arena_array(c->arena, 1, sizeof(*children));

    children[0] = inner;
    *expr = (struct expr){
        .kind = EXPR_NOT, .child_count = 1, .children = children, .place = inner->place};
}

/* sender = <>: sender absent. */
static bool null_address(struct checker *c, const struct raw_expr *raw, struct expr *expr)
{
    struct expr *absent;

    if ((expr->op != OP_EQ && expr->op != OP_NE) || expr->left.type != TYPE_ADDRESS) {
        check_error(c, raw->right.place,
                    "<> stands only after = or != with an address: sender = <>");
        return false;
    }
    absent = arena_alloc(c->arena, sizeof(*absent));
    *absent = (struct expr){
        .kind = EXPR_STATE, .state = FACT_ABSENT, .left = expr->left, .place = expr->place};
    absent->reads_recipient = expr->left.fact == FACT_RECIPIENT;
    if (expr->op == OP_EQ)
        *expr = *absent;
    else
        negate(c, absent, expr);
    return true;
}

static bool check_operator(struct checker *c, const struct raw_expr *raw,
                           const struct expr *expr)
{
    if ((operators[expr->op].types & 1u << expr->left.type) != 0)
        return true;
    check_error(c, raw->place, "%s is %s; %s does not fit: %s", name_of(&expr->left),
                value_type_article(expr->left.type),
                names_name(compare_op_names, (int)expr->op), operators[expr->op].left_advice);
    return false;
}

bool check_compare(struct checker *c, const struct raw_expr *raw, struct expr *expr)
{
    const struct raw_term *left = &raw->left, *right = &raw->right;
    bool is_turned = check_find(c, left) == FACT_NONE && check_find(c, right) != FACT_NONE &&
                     operators[raw->op].mirrored != 0 && left->kind != RAW_BRACES &&
                     left->kind != RAW_LIST;

    expr->op = is_turned ? operators[raw->op].mirrored : raw->op;
    if (is_turned) {
        left = &raw->right;
        right = &raw->left;
    }
    if (!check_fact(c, left, &expr->left) || !check_operator(c, raw, expr))
        return false;
    if (right->kind == RAW_NULL_ADDRESS)
        return null_address(c, raw, expr);
    return right_side(c, expr, right);
}
