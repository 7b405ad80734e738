/* check_function.c - facts with an argument: header("Name"), tag("name") and the counters, each under its canonical key. */
#include "mail/header.h"
#include "rules/check.h"

#define TAG_MAX    64
#define WINDOW_MIN 1
#define WINDOW_MAX (31 * 86400)

static const struct {
    enum fact_id fact;
    const char *form;
    size_t arguments;
} functions[] = {
    {FACT_HEADER, "header(\"Name\")", 1},
    {FACT_TAG, "tag(\"name\")", 1},
    {FACT_COUNT_OF,
     "count(messages or recipients, key, window), as count(messages, auth.user, 1h)", 3},
    {FACT_SUM_OF, "sum(size, key, window), as sum(size, auth.user, 1d)", 3},
    {FACT_DISTINCT, "distinct(fact, key, window), as distinct(recipient, auth.user, 1h)", 3},
};

#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

static struct span lower(struct arena *arena, struct span text)
{
    char *copy = arena_alloc(arena, text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        copy[i] =
            text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? (char)(text.ptr[i] + 32) : text.ptr[i];
    return span_from(copy, text.len);
}

static bool text_key(struct checker *c, const struct raw_term *raw, struct term *term)
{
    const struct raw_term *name = &raw->items[0];
    bool is_header = term->fact == FACT_HEADER;

    if (name->kind != RAW_STRING)
        check_error(c, name->place, "the name stands in double quotes: %s(\"%.*s\")",
                    fact_table[term->fact].name, SPAN_ARG(name->text));
    else if (is_header ? !header_name_is_valid(name->text)
                       : name->text.len == 0 || name->text.len > TAG_MAX)
        check_error(c, name->place, "\"%.*s\" is no name of a %s", SPAN_ARG(name->text),
                    is_header ? "header; it has no blanks and no colon"
                              : "tag; it has 1 to 64 bytes");
    else {
        term->key = is_header ? lower(c->arena, name->text) : arena_span(c->arena, name->text);
        return true;
    }
    return false;
}

/* A fact that counters can be kept by: one value, known at RCPT. */
static bool key_fact(struct checker *c, const struct raw_term *raw, int *fact_r)
{
    struct term term;

    if (!check_fact(c, raw, &term))
        return false;
    if (term.is_set || term.fact >= FACT_FUNCTION__FIRST || term.fact == FACT_SCORE) {
        check_error(c, raw->place,
                    "counters are kept by facts with one value, as auth.user, client.ip or "
                    "sender.domain");
        return false;
    }
    *fact_r = (int)term.fact;
    return true;
}

static bool key_facts(struct checker *c, const struct raw_term *raw, struct term *term)
{
    if (raw->kind != RAW_PAIR)
        return key_fact(c, raw, &term->key_fact[0]);
    if (raw->count == 2)
        return key_fact(c, &raw->items[0], &term->key_fact[0]) &&
               key_fact(c, &raw->items[1], &term->key_fact[1]);
    check_error(c, raw->place, "a key is one fact or two: (sender.domain, client.ip)");
    return false;
}

/* What is counted: messages or recipients, size, or a fact. */
static bool counted(struct checker *c, const struct raw_term *raw, enum fact_id function)
{
    int fact;

    if (function == FACT_DISTINCT)
        return key_fact(c, raw, &fact);
    if (raw->kind == RAW_WORD && function == FACT_SUM_OF && span_is(raw->text, "size"))
        return true;
    if (raw->kind == RAW_WORD && function == FACT_COUNT_OF &&
        (span_is(raw->text, "messages") || span_is(raw->text, "recipients")))
        return true;
    check_error(c, raw->place, "%s counts %s", fact_table[function].name,
                function == FACT_SUM_OF
                    ? "size: sum(size, auth.user, 1d)"
                    : "messages or recipients: count(messages, auth.user, 1h)");
    return false;
}

static bool counter_key(struct checker *c, const struct raw_term *raw, struct term *term)
{
    const struct raw_term *window = &raw->items[2];
    bool has_pair = raw->items[1].kind == RAW_PAIR;
    int64_t seconds;

    if (!counted(c, &raw->items[0], term->fact) || !key_facts(c, &raw->items[1], term))
        return false;
    if (window->kind != RAW_WORD || !check_duration(window->text, &seconds) ||
        seconds < WINDOW_MIN || seconds > WINDOW_MAX) {
        check_error(c, window->place,
                    "the window is a duration from 1s to 31d, like 15m, 1h or 7d");
        return false;
    }
    term->key = span_of(arena_printf(c->arena, "%.*s %s%s%s %lld", SPAN_ARG(raw->items[0].text),
                                     fact_table[term->key_fact[0]].name, has_pair ? "," : "",
                                     has_pair ? fact_table[term->key_fact[1]].name : "",
                                     (long long)seconds));
    return true;
}

bool check_function(struct checker *c, const struct raw_term *raw, struct term *term_r)
{
    size_t i;

    for (i = 0; i < FUNCTION_COUNT; i++)
        if (span_is(raw->text, fact_table[functions[i].fact].name))
            break;
    if (i == FUNCTION_COUNT) {
        check_error(c, raw->place,
                    "%.*s takes no argument; there are header, tag, count, sum and distinct",
                    SPAN_ARG(raw->text));
        return false;
    }
    *term_r = (struct term){
        .kind = TERM_FACT,
        .type = fact_table[functions[i].fact].type,
        .is_set = (fact_table[functions[i].fact].flags & FACT_IS_SET) != 0,
        .fact = functions[i].fact,
        .key_fact = {FACT_NONE, FACT_NONE},
        .place = raw->place,
    };
    if (!check_usable(c, functions[i].fact, raw->place))
        return false;
    if (raw->count != functions[i].arguments) {
        check_error(c, raw->place, "it is written %s", functions[i].form);
        return false;
    }
    return functions[i].arguments == 1 ? text_key(c, raw, term_r) : counter_key(c, raw, term_r);
}
