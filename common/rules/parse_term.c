/* parse_term.c - a fact, function, list, literal or braces, as written. */
#include "rules/parse.h"

static bool parse_arguments(struct parser *p, struct raw_term *term, unsigned depth);

static bool take_simple(struct parser *p, struct raw_term *term)
{
    static const struct {
        enum token_kind token;
        enum raw_kind kind;
    } kinds[] = {
        {TOKEN_WORD, RAW_WORD},
        {TOKEN_STRING, RAW_STRING},
        {TOKEN_PATTERN, RAW_PATTERN},
        {TOKEN_LIST, RAW_LIST},
        {TOKEN_NULL_ADDRESS, RAW_NULL_ADDRESS},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (p->token.kind != kinds[i].token)
            continue;
        *term = (struct raw_term){.kind = kinds[i].kind,
                                  .text = p->token.text,
                                  .ignore_case = p->token.ignore_case,
                                  .place = p->token.place};
        parse_advance(p);
        return true;
    }
    return false;
}

static bool count_item(struct parser *p)
{
    if (++p->items <= RULES_MAX_ITEMS)
        return true;
    return parse_fail(p, p->token.place, "more than %d values in the braces of one file",
                      RULES_MAX_ITEMS);
}

/* One argument of a function: a term, or two in parentheses. */
static bool parse_argument(struct parser *p, struct raw_term *term, unsigned depth)
{
    if (p->token.kind == TOKEN_OPEN_ROUND && depth == 0) {
        *term = (struct raw_term){.kind = RAW_PAIR, .place = p->token.place};
        return parse_arguments(p, term, depth + 1);
    }
    if (take_simple(p, term))
        return true;
    return parse_fail(p, p->token.place, "an argument is missing here, before %s",
                      parse_found(p));
}

/* ( argument, ... ), the current token being the open parenthesis. */
static bool parse_arguments(struct parser *p, struct raw_term *term, unsigned depth)
{
    struct raw_term *items = NULL;
    size_t count = 0;

    parse_advance(p);
    do {
        if (count == PARSE_MAX_ARGUMENTS)
            return parse_fail(p, p->token.place, "more than %d arguments", PARSE_MAX_ARGUMENTS);
        items = parse_grow(p->arena, items, count, sizeof(*items));
        if (!parse_argument(p, &items[count], depth))
            return false;
        count++;
    } while (parse_take(p, TOKEN_COMMA));
    term->items = items;
    term->count = count;
    return parse_expect(p, TOKEN_CLOSE_ROUND, ")");
}

/* { literal ... }, commas between them as one likes. */
static bool parse_braces(struct parser *p, struct raw_term *term)
{
    struct raw_term *items = NULL;
    size_t count = 0;

    *term = (struct raw_term){.kind = RAW_BRACES, .place = p->token.place};
    parse_advance(p);
    while (p->token.kind != TOKEN_CLOSE) {
        if (count == PARSE_MAX_ARGUMENTS)
            return parse_fail(p, p->token.place,
                              "more than %d values in braces; declare a list instead",
                              PARSE_MAX_ARGUMENTS);
        items = parse_grow(p->arena, items, count, sizeof(*items));
        if (!count_item(p))
            return false;
        if (!take_simple(p, &items[count]))
            return parse_fail(p, p->token.place,
                              "only values stand in braces; close them with } before %s",
                              parse_found(p));
        count++;
        parse_take(p, TOKEN_COMMA);
    }
    parse_advance(p);
    term->items = items;
    term->count = count;
    return true;
}

/* Words that end a condition: what should stand before them was forgotten. */
static bool is_misplaced(const struct parser *p)
{
    static const char *const words[] = {"when", "unless", "then", "and",   "or",
                                        "not",  "in",     "rule", "expect"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (parse_is_word(p, words[i]))
            return true;
    return false;
}

bool parse_term(struct parser *p, struct raw_term *term_r)
{
    if (p->token.kind == TOKEN_OPEN)
        return parse_braces(p, term_r);
    if (is_misplaced(p) || !take_simple(p, term_r))
        return parse_fail(p, p->token.place, "a fact or value is missing here, before %s",
                          parse_found(p));
    if (term_r->kind != RAW_WORD || p->token.kind != TOKEN_OPEN_ROUND)
        return true;
    term_r->kind = RAW_CALL;
    return parse_arguments(p, term_r, 0);
}
