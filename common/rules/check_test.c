/* check_test.c - the tests in the file: facts, values and rules they name. */
#include "rules/check.h"

static const enum disposition of_chain[2][6] = {
    [CHAIN_POLICY] = {DISPOSITION_PERMIT, DISPOSITION_PASS, DISPOSITION_VERIFY,
                      DISPOSITION_REJECT, DISPOSITION_DEFER, 0},
    [CHAIN_FILTER] = {DISPOSITION_DELIVER, DISPOSITION_REJECT, DISPOSITION_DEFER,
                      DISPOSITION_DISCARD, DISPOSITION_HOLD, DISPOSITION_QUARANTINE},
};

static bool is_twice(struct checker *c, size_t index)
{
    const struct raw_test *test = &c->raw->tests[index];

    for (size_t i = 0; i < index; i++) {
        if (!span_equal(c->raw->tests[i].name, test->name))
            continue;
        check_error(c, test->place, "there is a test \"%.*s\" already, in line %u",
                    SPAN_ARG(test->name), c->raw->tests[i].place.line);
        return true;
    }
    return false;
}

/* One value, or for a set those in braces. */
static bool set_values(struct checker *c, const struct term *term, const struct raw_term *raw,
                       struct fact *fact)
{
    struct literal_type type = {term->type, fact_table[term->fact].words,
                                fact_table[term->fact].name};
    bool is_braces = raw->kind == RAW_BRACES;
    size_t count = is_braces ? raw->count : 1;
    struct value *values = arena_array(c->arena, count, sizeof(*values));
    struct ipnet net;

    if (is_braces && !term->is_set) {
        check_error(c, raw->place, "%s has one value; braces are for sets", type.of);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct raw_term *item = is_braces ? &raw->items[i] : raw;

        if (!is_braces && item->kind == RAW_WORD &&
            (type.type == TYPE_STRING || type.type == TYPE_DOMAIN ||
             type.type == TYPE_ADDRESS)) {
            check_error(c, item->place, "text stands in double quotes; write \"%.*s\"",
                        SPAN_ARG(item->text));
            return false;
        }
        if (!check_literal(c, &type, item, &values[i], &net))
            return false;
        if (type.type == TYPE_IP && net.prefix != 128) {
            check_error(c, item->place, "a test has one client, not a network");
            return false;
        }
    }
    *fact = (struct fact){.state = FACT_VALUE, .count = (uint32_t)count, .values = values};
    return true;
}

static bool set_state(struct checker *c, const struct raw_set *raw, const struct term *term,
                      struct fact *fact)
{
    unsigned flags = fact_table[term->fact].flags;
    unsigned may = raw->state == FACT_ABSENT ? FACT_MAY_ABSENT : FACT_MAY_UNKNOWN;

    *fact = (struct fact){.state = raw->state};
    if (raw->state == FACT_UNKNOWN)
        fact->reason = (struct span){"test", 4};
    if ((flags & may) != 0)
        return true;
    check_error(c, raw->subject.place, "%s is never %s", fact_table[term->fact].name,
                raw->state == FACT_ABSENT ? "absent" : "unknown");
    return false;
}

static bool set_fact(struct checker *c, const struct raw_set *raw, struct test_set *set)
{
    struct term term;

    if (!check_fact(c, &raw->subject, &term))
        return false;
    if ((fact_table[term.fact].flags & FACT_EVALUATION) != 0) {
        check_error(c, raw->subject.place,
                    "%s comes from the rules themselves; set the facts they ask",
                    fact_table[term.fact].name);
        return false;
    }
    set->fact = term.fact;
    set->key = term.key;
    if (raw->state != FACT_VALUE)
        return set_state(c, raw, &term, &set->value);
    if (raw->value.kind == RAW_NULL_ADDRESS && term.type == TYPE_ADDRESS) {
        set->value = (struct fact){.state = FACT_ABSENT};
        return true;
    }
    return set_values(c, &term, &raw->value, &set->value);
}

/* The second of two would be the only one that counts; attachments and links add up. */
static void check_twice(struct checker *c, const struct test_set *sets, size_t index)
{
    const struct test_set *set = &sets[index];

    for (size_t i = 0; i < index; i++) {
        if (sets[i].fact != set->fact || sets[i].list != set->list ||
            !span_equal(sets[i].key, set->key))
            continue;
        if (set->list >= 0)
            check_error(c, set->place,
                        "list %.*s stands in this test twice; put its items together",
                        SPAN_ARG(c->rules->lists[set->list].name));
        else if ((int)set->fact != FACT_NONE)
            check_error(c, set->place, "%s is set twice; %s", fact_table[set->fact].name,
                        (fact_table[set->fact].flags & FACT_IS_SET) != 0
                            ? "several values stand in braces"
                            : "it has one value");
        return;
    }
}

static bool set_members(struct checker *c, const struct raw_set *raw, struct test_set *set)
{
    struct test_set *members = arena_array(c->arena, raw->count, sizeof(*members));
    bool is_good;
    int record = 0;

    names_value(record_names, raw->subject.text, &record);
    set->record = c->inside = (enum record)record;
    is_good = check_usable(c, record_first(set->record), raw->subject.place);
    for (size_t i = 0; is_good && i < raw->count; i++) {
        members[i] = (struct test_set){
            .record = set->record, .list = -1, .place = raw->members[i].subject.place};
        is_good = set_fact(c, &raw->members[i], &members[i]);
        if (is_good && fact_table[members[i].fact].record != set->record) {
            check_error(c, members[i].place,
                        "%s is no fact of one %s; set it outside the braces",
                        fact_table[members[i].fact].name, names_name(record_names, record));
            is_good = false;
        }
        if (is_good)
            check_twice(c, members, i);
    }
    c->inside = RECORD_NONE;
    set->members = members;
    set->member_count = raw->count;
    return is_good;
}

static bool set_list(struct checker *c, const struct raw_set *raw, struct test_set *set)
{
    struct span *items = arena_array(c->arena, raw->count, sizeof(*items));
    struct str item = STR_EMPTY;
    struct err err = {""};
    enum list_type type;
    bool is_good = true;

    set->list = ruleset_list(c->rules, raw->subject.text);
    if (set->list < 0) {
        check_error(c, raw->subject.place, "there is no list %.*s",
                    SPAN_ARG(raw->subject.text));
        return false;
    }
    type = c->rules->lists[set->list].type;
    for (size_t i = 0; i < raw->count && is_good; i++) {
        str_reset(&item);
        is_good = type == LIST_PATTERN
                      ? check_pattern_item(c, &raw->items[i], &item)
                      : list_item_canonical(type, raw->items[i].text, &item, &err) == 0;
        items[i] = arena_span(c->arena, str_span(&item));
        if (!is_good && type != LIST_PATTERN)
            check_error(c, raw->items[i].place, "%s", err.text);
    }
    str_clear(&item);
    set->items = items;
    set->item_count = raw->count;
    return is_good;
}

static void check_sets(struct checker *c, const struct raw_test *raw, struct rule_test *test)
{
    struct test_set *sets = arena_array(c->arena, raw->set_count, sizeof(*sets));

    for (size_t i = 0; i < raw->set_count; i++) {
        const struct raw_set *set = &raw->sets[i];

        sets[i] = (struct test_set){
            .fact = (enum fact_id)FACT_NONE, .list = -1, .place = set->subject.place};
        if (set->is_list)
            set_list(c, set, &sets[i]);
        else if (set->is_record)
            set_members(c, set, &sets[i]);
        else
            set_fact(c, set, &sets[i]);
        check_twice(c, sets, i);
    }
    test->sets = sets;
    test->set_count = raw->set_count;
}

static void check_by(struct checker *c, const struct raw_test *raw)
{
    for (size_t i = 0; i < c->raw->rule_count; i++) {
        const struct raw_rule *rule = &c->raw->rules[i];

        if (!span_equal(rule->name, raw->by))
            continue;
        if (rule->chain != raw->chain)
            check_error(
                c, raw->by_place,
                "rule %.*s belongs to [%s] and this test asks [%s]; write test %s \"...\"",
                SPAN_ARG(raw->by), names_name(chain_names, (int)rule->chain),
                names_name(chain_names, (int)raw->chain),
                names_name(chain_names, (int)rule->chain));
        else if (rule->is_warn || rule->is_off)
            check_error(
                c, raw->by_place,
                "rule %.*s is (%s) and never decides; let the test expect what is decided "
                "without it",
                SPAN_ARG(raw->by), rule->is_warn ? "warn" : "off");
        return;
    }
    check_error(c, raw->by_place, "there is no rule %.*s", SPAN_ARG(raw->by));
}

static bool is_of_chain(int disposition, enum chain chain)
{
    for (size_t i = 0; i < 6; i++)
        if ((int)of_chain[chain][i] == disposition)
            return true;
    return false;
}

static void check_expectation(struct checker *c, const struct raw_test *raw,
                              struct rule_test *test)
{
    int disposition;

    if (!names_value(disposition_names, raw->expect, &disposition) || disposition == 0)
        check_error(c, raw->expect_place, "%.*s is no outcome; a test expects %s",
                    SPAN_ARG(raw->expect),
                    raw->chain == CHAIN_POLICY
                        ? "permit, pass, verify, reject or defer"
                        : "deliver, reject, defer, discard, hold or quarantine");
    else if (!is_of_chain(disposition, raw->chain))
        check_error(c, raw->expect_place, "[%s] never answers %.*s; %s",
                    names_name(chain_names, (int)raw->chain), SPAN_ARG(raw->expect),
                    raw->chain == CHAIN_POLICY
                        ? "it permits, passes, verifies, rejects or defers"
                        : "a test of [policy] is written: test policy \"NAME\"");
    else
        test->expect = (enum disposition)disposition;
}

void check_tests(struct checker *c)
{
    c->test_list = arena_array(c->arena, c->raw->test_count, sizeof(*c->test_list));
    c->rules->tests = c->test_list;
    for (size_t i = 0; i < c->raw->test_count; i++) {
        const struct raw_test *raw = &c->raw->tests[i];
        struct rule_test *test = &c->test_list[i];

        *test = (struct rule_test){
            .name = raw->name, .chain = raw->chain, .by = raw->by, .place = raw->place};
        c->chain = raw->chain;
        is_twice(c, i);
        check_sets(c, raw, test);
        check_expectation(c, raw, test);
        if (raw->by.len > 0)
            check_by(c, raw);
        c->rules->test_count++;
    }
}
