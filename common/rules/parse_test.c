/* parse_test.c - test [policy] "NAME" with SET, ... expect DISPOSITION [by RULE]. */
#include "rules/parse.h"

static bool parse_set(struct parser *p, struct raw_set *set, unsigned depth);

static bool is_open(const struct parser *p)
{
    return p->token.kind == TOKEN_OPEN;
}

/* { FACT literal, ... } */
static bool parse_members(struct parser *p, struct raw_set *set, unsigned depth)
{
    struct raw_set *members = NULL;

    parse_advance(p);
    while (p->token.kind != TOKEN_CLOSE) {
        if (set->count == PARSE_MAX_SETS)
            return parse_fail(p, p->token.place, "more than %d facts in braces",
                              PARSE_MAX_SETS);
        members = parse_grow(p->arena, members, set->count, sizeof(*members));
        if (!parse_set(p, &members[set->count], depth + 1))
            return false;
        set->count++;
        if (!parse_take(p, TOKEN_COMMA) && p->token.kind != TOKEN_CLOSE)
            return parse_fail(p, p->token.place,
                              "facts are separated by commas and end with }; found %s",
                              parse_found(p));
    }
    parse_advance(p);
    set->members = members;
    return true;
}

static bool parse_value(struct parser *p, struct raw_set *set)
{
    set->state = FACT_VALUE;
    if (p->token.kind == TOKEN_OPERATOR)
        return parse_fail(p, p->token.place,
                          "in a test the value follows the fact without a sign: %.*s \"value\"",
                          SPAN_ARG(set->subject.text));
    if (parse_take_word(p, "absent"))
        set->state = FACT_ABSENT;
    else if (parse_take_word(p, "unknown"))
        set->state = FACT_UNKNOWN;
    else if (parse_is_word(p, "expect") || p->token.kind == TOKEN_COMMA ||
             p->token.kind == TOKEN_CLOSE)
        return parse_fail(p, p->token.place, "%.*s needs a value, absent or unknown after it",
                          SPAN_ARG(set->subject.text));
    else
        return parse_term(p, &set->value);
    return true;
}

static bool parse_list_content(struct parser *p, struct raw_set *set)
{
    set->is_list = true;
    if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_LIST)
        return parse_fail(
            p, p->token.place,
            "the name of a list is missing here: list partners { partner.example }");
    set->subject =
        (struct raw_term){.kind = RAW_WORD, .text = p->token.text, .place = p->token.place};
    parse_advance(p);
    if (!is_open(p))
        return parse_fail(p, p->token.place,
                          "the items of the list stand in braces: list %.*s { ... }",
                          SPAN_ARG(set->subject.text));
    return parse_items(p, true, &set->count, &set->items);
}

static bool parse_set(struct parser *p, struct raw_set *set, unsigned depth)
{
    int record;

    if (depth == 0 && parse_take_word(p, "list"))
        return parse_list_content(p, set);
    if (p->token.kind != TOKEN_WORD)
        return parse_fail(p, p->token.place, "a fact is missing here, before %s",
                          parse_found(p));
    if (!parse_term(p, &set->subject))
        return false;
    set->is_record = depth == 0 && names_value(record_names, set->subject.text, &record);
    if (!set->is_record)
        return parse_value(p, set);
    if (is_open(p))
        return parse_members(p, set, depth);
    return parse_fail(p, p->token.place, "the facts of one %.*s stand in braces: %.*s { ... }",
                      SPAN_ARG(set->subject.text), SPAN_ARG(set->subject.text));
}

static bool parse_sets(struct parser *p, struct raw_test *test)
{
    struct raw_set *sets = NULL;

    while (parse_take_word(p, "with")) {
        do {
            if (test->set_count == PARSE_MAX_SETS)
                return parse_fail(p, p->token.place, "more than %d facts in one test",
                                  PARSE_MAX_SETS);
            sets = parse_grow(p->arena, (void *)sets, test->set_count, sizeof(*sets));
            if (!parse_set(p, &sets[test->set_count], 0))
                return false;
            test->set_count++;
        } while (parse_take(p, TOKEN_COMMA));
    }
    test->sets = sets;
    return true;
}

static bool parse_expectation(struct parser *p, struct raw_test *test)
{
    if (!parse_take_word(p, "expect"))
        return parse_fail(p, p->token.place,
                          "found %s; a test is written: test \"NAME\" with FACT VALUE, ... "
                          "expect reject by RULE",
                          parse_found(p));
    test->expect = p->token.text;
    test->expect_place = p->token.place;
    if (p->token.kind != TOKEN_WORD)
        return parse_fail(
            p, p->token.place,
            "what the test expects is missing here: deliver, reject, quarantine, ...");
    parse_advance(p);
    if (!parse_take_word(p, "by"))
        return true;
    test->by = p->token.text;
    test->by_place = p->token.place;
    if (p->token.kind != TOKEN_WORD)
        return parse_fail(p, p->token.place, "the name of a rule is missing after by");
    parse_advance(p);
    return true;
}

/* The chain a test asks: the word policy, in square brackets or not; [filter] otherwise. */
static bool parse_chain(struct parser *p, struct raw_test *test)
{
    bool has_bracket = parse_take(p, TOKEN_OPEN_SQUARE);

    test->chain = CHAIN_FILTER;
    if (parse_take_word(p, "policy"))
        test->chain = CHAIN_POLICY;
    else if (!parse_take_word(p, "filter") && has_bracket)
        return parse_fail(p, p->token.place, "a test asks [policy] or [filter]; found %s",
                          parse_found(p));
    return !has_bracket || parse_expect(p, TOKEN_CLOSE_SQUARE, "]");
}

bool parse_test(struct parser *p)
{
    struct raw_test *tests =
        parse_grow(p->arena, p->file.tests, p->file.test_count, sizeof(*tests));
    struct raw_test *test = &tests[p->file.test_count];

    p->file.tests = tests;
    *test = (struct raw_test){.place = p->token.place};
    if (p->file.test_count == RULES_MAX_TESTS)
        return parse_fail(p, p->token.place, "more than %d tests", RULES_MAX_TESTS);
    if (!parse_chain(p, test))
        return false;
    test->place = p->token.place;
    test->name = p->token.text;
    if (p->token.kind != TOKEN_STRING)
        return parse_fail(p, p->token.place,
                          "the name of a test stands in double quotes: test \"a partner may "
                          "send an installer\"");
    parse_advance(p);
    if (!parse_sets(p, test) || !parse_expectation(p, test))
        return false;
    p->file.test_count++;
    return true;
}
