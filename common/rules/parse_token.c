/* parse_token.c - what all parts of the parser share: taking tokens, names, items, and saying once what is wrong. */
#include "rules/parse.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

/* May not name a rule or list. The first words of actions are added from the action table. */
static const char *const keywords[] = {
    "list",   "rule",    "test", "when",     "unless", "then", "with",    "expect",
    "by",     "and",     "or",   "not",      "any",    "all",  "no",      "known",
    "absent", "unknown", "in",   "contains", "starts", "ends", "matches",
};

void parse_advance(struct parser *p)
{
    lex_next(&p->lexer, &p->token);
}

bool parse_is_word(const struct parser *p, const char *word)
{
    return p->token.kind == TOKEN_WORD && span_is(p->token.text, word);
}

bool parse_take_word(struct parser *p, const char *word)
{
    if (!parse_is_word(p, word))
        return false;
    parse_advance(p);
    return true;
}

bool parse_take(struct parser *p, enum token_kind kind)
{
    if (p->token.kind != kind)
        return false;
    parse_advance(p);
    return true;
}

/* One error a sentence: what follows a first one is mostly its consequence. */
bool parse_fail(struct parser *p, struct place place, const char *fmt, ...)
{
    char text[512];
    va_list args;

    if (p->is_fresh && !p->lexer.has_failed) {
        va_start(args, fmt);
        vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        problems_error(p->problems, place.line, place.column, "%s", text);
    }
    p->is_fresh = false;
    return false;
}

const char *parse_found(const struct parser *p)
{
    return lex_describe(p->arena, &p->token);
}

bool parse_expect(struct parser *p, enum token_kind kind, const char *what)
{
    if (parse_take(p, kind))
        return true;
    return parse_fail(p, p->token.place, "%s is missing here, before %s", what, parse_found(p));
}

static bool is_keyword(struct span name)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (span_is(name, keywords[i]))
            return true;
    for (size_t i = 1; i < ACTION__COUNT; i++) {
        struct span words = span_of(action_table[i].name), first;

        span_cut(&words, ' ', &first);
        if (span_equal(name, first))
            return true;
    }
    return false;
}

static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.ptr[i]) && strchr("-_.", name.ptr[i]) == NULL)
            return false;
    return name.len > 0 && name.len <= PARSE_MAX_NAME && isalpha((unsigned char)name.ptr[0]);
}

bool parse_name(struct parser *p, const char *of, struct span *name_r)
{
    if (p->token.kind == TOKEN_STRING)
        return parse_fail(p, p->token.place, "the name of a %s stands without quotes: %s %.*s",
                          of, of, SPAN_ARG(p->token.text));
    if (p->token.kind != TOKEN_WORD)
        return parse_fail(p, p->token.place, "the name of the %s is missing here, before %s",
                          of, parse_found(p));
    if (is_keyword(p->token.text))
        return parse_fail(
            p, p->token.place,
            "%s is a word of the language and cannot name a %s; choose another name",
            parse_found(p), of);
    if (!is_name(p->token.text))
        return parse_fail(p, p->token.place,
                          "%s cannot name a %s; a name begins with a letter and has letters, "
                          "digits, - _ and . (at most %d)",
                          parse_found(p), of, PARSE_MAX_NAME);
    *name_r = p->token.text;
    parse_advance(p);
    return true;
}

void *parse_grow(struct arena *arena, const void *array, size_t count, size_t size)
{
    char *larger;

    if ((count & (count - 1)) != 0)
        return (void *)(uintptr_t)array;
    larger = arena_array(arena, count > 0 ? count * 2 : 1, size);
    if (count > 0)
        memcpy(larger, array, count * size);
    return larger;
}

static enum raw_kind raw_kind_of(enum token_kind kind)
{
    return kind == TOKEN_STRING ? RAW_STRING : kind == TOKEN_PATTERN ? RAW_PATTERN : RAW_WORD;
}

bool parse_items(struct parser *p, bool may_be_pattern, size_t *count_r,
                 const struct raw_term **items_r)
{
    struct place open = p->token.place;
    struct raw_term *items = NULL;
    size_t count = 0;

    for (;; count++) {
        lex_item(&p->lexer, may_be_pattern, &p->token);
        if (p->token.kind == TOKEN_CLOSE || p->token.kind == TOKEN_END ||
            p->token.kind == TOKEN_BAD)
            break;
        if (++p->items > RULES_MAX_ITEMS)
            return parse_fail(p, p->token.place,
                              "more than %d items in the braces of one file; keep this list in "
                              "the store: list NAME TYPE without braces",
                              RULES_MAX_ITEMS);
        items = parse_grow(p->arena, items, count, sizeof(*items));
        items[count] = (struct raw_term){.kind = raw_kind_of(p->token.kind),
                                         .text = p->token.text,
                                         .ignore_case = p->token.ignore_case,
                                         .place = p->token.place};
    }
    if (p->token.kind == TOKEN_END)
        return parse_fail(p, open, "this { has no }; the list ends with }");
    *count_r = count;
    *items_r = items;
    return parse_expect(p, TOKEN_CLOSE, "}");
}
