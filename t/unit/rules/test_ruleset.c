/* Rule sets as a whole: the shipped rules and the documented example compile, what they ask, what this build can do, limits. */
#include <check.h>
#include <time.h>

#include "base/file.h"
#include "rules/list_image.h"
#include "rules/rule_test.h"

static struct ruleset *compile_file(const char *path, struct problems *problems)
{
    struct str text = STR_EMPTY;
    struct err err = {""};
    struct ruleset *rules;

    memset(problems, 0, sizeof(*problems));
    ck_assert_msg(file_read(path, RULES_MAX_BYTES, &text, &err) == 0, "%s", err.text);
    rules = ruleset_compile(str_span(&text), path, problems);
    str_clear(&text);
    ck_assert_msg(rules != NULL, "%s: %s", path,
                  problems->count > 0 ? problems->list[0].text : "");
    return rules;
}

/* The tests that stand in the file. */
static void run_tests(const struct ruleset *rules)
{
    struct arena *arena = arena_new();
    struct rule_test_result *results;

    rule_test_run(arena, rules, &results);
    for (size_t i = 0; i < rules->test_count; i++)
        ck_assert_msg(results[i].is_passed, "%.*s: %.*s", SPAN_ARG(rules->tests[i].name),
                      SPAN_ARG(results[i].text));
    arena_free(&arena);
}

START_TEST(test_shipped)
{
    static const struct {
        const char *name;
        bool is_off;
    } shipped[] = {
        {"staging-loop", false},
        {"smart-host", false},
        {"relay-by-ip", false},
        {"no-open-relay", false},
        {"too-much-of-a-login", true},
        {"first-try", true},
        {"null-sender-loop", false},
        {"mail-loop", false},
        {"forged-sender", false},
        {"unclear-sender", false},
        {"doubtful-sender", false},
        {"spf-fail", false},
        {"spf-softfail", false},
        {"listed", false},
        {"listed-more", false},
        {"listed-link", false},
        {"listed-links", false},
        {"links-unclear", false},
        {"unwanted", false},
        {"not-inspected", false},
        {"executable-attachment", false},
    };
    struct problems problems;
    struct ruleset *rules = compile_file("etc/rules", &problems);

    ck_assert_uint_eq(problems.warnings, 0);
    ck_assert_uint_eq(rules->rule_count, sizeof(shipped) / sizeof(shipped[0]));
    for (size_t i = 0; i < rules->rule_count; i++)
        ck_assert_msg(span_is(rules->rules[i].name, shipped[i].name) &&
                          !rules->rules[i].is_warn &&
                          rules->rules[i].is_off == shipped[i].is_off,
                      "%s", shipped[i].name);
    ck_assert(ruleset_is_applicable(rules, &problems));
    ck_assert(rules->relay_networks == ruleset_list(rules, SPAN("relay_networks")) &&
              !rules->lists[rules->relay_networks].has_items);
    ck_assert(rules->test_count >= rules->rule_count);
    run_tests(rules);
    problems_clear(&problems);
    ruleset_unpin(&rules);
}
END_TEST

/* Every list without braces of the shipped rules that has a file beside them has good items there. */
START_TEST(test_shipped_lists)
{
    struct problems problems;
    struct ruleset *rules = compile_file("etc/rules", &problems);
    struct str text = STR_EMPTY, item = STR_EMPTY;
    struct span rest, line;
    struct err err = {""};
    size_t count = 0;

    ck_assert(file_read("etc/lists/relay_networks", 10000, &text, &err) == 0);
    rest = str_span(&text);
    while (span_cut(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        ck_assert_msg(list_item_canonical(LIST_IP, line, &item, &err) == 0, "%s", err.text);
        count++;
    }
    ck_assert_uint_ge(count, 2);
    str_clear(&text);
    str_clear(&item);
    problems_clear(&problems);
    ruleset_unpin(&rules);
}
END_TEST

START_TEST(test_example)
{
    struct problems problems;
    struct ruleset *rules = compile_file("t/rules/example.rules", &problems);

    ck_assert_uint_eq(problems.warnings, 0);
    ck_assert_uint_eq(rules->list_count, 3);
    ck_assert_uint_eq(rules->rule_count, 9);
    ck_assert_uint_eq(rules->test_count, 2);
    run_tests(rules);
    ck_assert(!ruleset_is_applicable(rules, &problems));
    ck_assert_str_eq(problems.list[0].text, "attachment.magic is not learnt by this version; "
                                            "mark rule executable-attachment (off)");
    problems_clear(&problems);
    ruleset_unpin(&rules);
}
END_TEST

static struct ruleset *compile(const char *text)
{
    struct problems problems = {.arena = NULL};
    struct ruleset *rules = ruleset_compile(span_of(text), "t", &problems);

    ck_assert_msg(rules != NULL, "%s", problems.count > 0 ? problems.list[0].text : "");
    problems_clear(&problems);
    return rules;
}

static bool asks(const struct ruleset *rules, enum chain chain, enum fact_id fact,
                 const char *key)
{
    for (size_t i = 0; i < rules->ask_count[chain]; i++)
        if (rules->asks[chain][i].fact == fact &&
            span_equal(rules->asks[chain][i].key, span_of(key)))
            return true;
    return false;
}

START_TEST(test_asks)
{
    struct ruleset *rules = compile(
        "[policy] rule a when direction = outbound and count(messages, (sender, auth.user), "
        "1h) > 5 then verify rule off (off) when helo.name = \"x\" then verify "
        "[filter] rule n when any attachment (uninspected known) then discard rule b when any "
        "attachment (extension = \"exe\") unless header(\"X-Y\") = \"z\" then discard "
        "rule c (warn) when author.domain = \"a.example\" then reject \"5.7.1 {subject}\"");

    ck_assert(asks(rules, CHAIN_POLICY, FACT_DIRECTION, "") &&
              asks(rules, CHAIN_POLICY, FACT_DOMAIN_ACCEPTED, ""));
    ck_assert(asks(rules, CHAIN_POLICY, FACT_COUNT_OF, "messages sender,auth.user 3600") &&
              asks(rules, CHAIN_POLICY, FACT_SENDER, ""));
    ck_assert(!asks(rules, CHAIN_POLICY, FACT_HELO_NAME, ""));
    ck_assert(asks(rules, CHAIN_FILTER, record_first(RECORD_ATTACHMENT), "") &&
              !asks(rules, CHAIN_FILTER, FACT_ATTACHMENT_EXTENSION, ""));
    ck_assert(asks(rules, CHAIN_FILTER, FACT_HEADER, "x-y") &&
              asks(rules, CHAIN_FILTER, FACT_AUTHOR, "") &&
              asks(rules, CHAIN_FILTER, FACT_SUBJECT, ""));
    ck_assert(!asks(rules, CHAIN_FILTER, FACT_CLIENT_IP, ""));
    ck_assert(rules->reads_recipient[CHAIN_POLICY] && !rules->reads_recipient[CHAIN_FILTER]);
    for (size_t i = 0; i < rules->ask_count[CHAIN_FILTER]; i++)
        ck_assert((rules->asks[CHAIN_FILTER][i].fact == FACT_ATTACHMENT_NAME) ==
                  (rules->asks[CHAIN_FILTER][i].record == RECORD_ATTACHMENT));
    ruleset_unpin(&rules);
}
END_TEST

static const struct {
    const char *text, *words; /* NULL: applicable */
} applying[] = {
    {"[policy] rule a when path = staging then verify", NULL},
    {"[filter] rule a when tls.version absent then discard",
     "tls.version is not learnt by this version; mark rule a (off)"},
    {"[policy] rule a when spf = fail then reject \"5.7.1 a\"",
     "spf is not learnt in [policy], only in [filter], by this version; mark rule a (off)"},
    {"[filter] rule a (off) when tls.version absent then discard", NULL},
    {"[filter] rule a (warn) when tls.version absent then discard", NULL},
    {"[policy] rule a when path = staging then greylist 3m", NULL},
    {"[policy] rule a when count(messages, sender, 1h) > 5 then defer \"4.7.1 a\"", NULL},
    {"[filter] rule a when path = proxy then log \"{virus}\"", "virus is not learnt"},
    {"[filter] rule a when path = proxy then tag \"t\" rule b when tag(\"t\") or score > 3 "
     "then discard",
     NULL},
    {"list l pattern [filter] rule a when subject matches $l then discard",
     "not kept in the store"},
    {"list l pattern { /x+y/ } [filter] rule a when subject matches $l then discard", NULL},
};

START_TEST(test_applicable)
{
    struct problems problems = {.arena = NULL};
    struct ruleset *rules = compile(applying[_i].text);
    bool is_applicable = ruleset_is_applicable(rules, &problems);

    ck_assert_msg(is_applicable == (applying[_i].words == NULL), "%s", applying[_i].text);
    if (!is_applicable)
        ck_assert_msg(strstr(problems.list[0].text, applying[_i].words) != NULL, "%s",
                      problems.list[0].text);
    problems_clear(&problems);
    ruleset_unpin(&rules);
}
END_TEST

/* What one rule set is made of is gone only with the last who holds it. */
START_TEST(test_pins)
{
    struct ruleset *rules =
        compile("list l ip { 10.0.0.0/8 } [policy] rule a when client.ip in $l then verify");
    struct ruleset *other = ruleset_pin(rules);

    ruleset_unpin(&rules);
    ck_assert(rules == NULL && span_is(other->rules[0].name, "a"));
    ruleset_unpin(&other);
    ruleset_unpin(&other);
}
END_TEST

static size_t errors_of(const struct str *text)
{
    struct problems problems = {.arena = NULL};
    struct ruleset *rules = ruleset_compile(str_span(text), "t", &problems);
    size_t errors = problems.errors;

    ck_assert((rules == NULL) == (errors > 0));
    ruleset_unpin(&rules);
    problems_clear(&problems);
    return errors;
}

START_TEST(test_limits)
{
    struct str text = STR_EMPTY;

    for (int i = 0; i < RULES_MAX_BYTES / 16 + 1; i++)
        str_adds(&text, "# nothing here.\n");
    ck_assert_uint_eq(errors_of(&text), 1);
    str_reset(&text);
    str_adds(&text, "[policy]\n");
    for (int i = 0; i <= RULES_MAX_RULES; i++)
        str_printf(&text, "rule r%d when listener.port = %d then verify\n", i, i);
    ck_assert_uint_eq(errors_of(&text), 1);
    str_reset(&text);
    str_adds(&text, "list l string {");
    for (int i = 0; i <= RULES_MAX_ITEMS; i++)
        str_printf(&text, " i%d", i);
    str_adds(&text, " }");
    ck_assert_uint_eq(errors_of(&text), 1);
    str_clear(&text);
}
END_TEST

/* As many rules as there may be, each compared with each for reach. */
START_TEST(test_many_rules)
{
    struct str text = STR_EMPTY;

    str_adds(&text, "[policy]\n");
    for (int i = 0; i < RULES_MAX_RULES; i++)
        str_printf(&text,
                   "rule r%d when (listener.port = %d or helo.name = \"%d\") and sender absent "
                   "then reject \"5.7.1 No\"\n",
                   i, i, i);
    ck_assert_uint_eq(errors_of(&text), 0);
    str_clear(&text);
}
END_TEST

/* before NUMBER after, or without after just before. */
static void repeat(struct str *out, const char *before, const char *after, int count)
{
    for (int i = 0; i < count; i++)
        if (after != NULL)
            str_printf(out, "%s%d%s", before, i, after);
        else
            str_adds(out, before);
}

/* What took minutes: an indent of megabytes, looked at for each word; as many conditions that contradict each other; exceptions looked
 * for by each word of a long condition. */
static void indented(struct str *out)
{
    str_adds(out, "[filter]\nrule a when\n");
    repeat(out, "          ", NULL, 50000);
    repeat(out, "path=proxy or ", NULL, 19000);
    str_adds(out, "path=proxy then discard\n");
}

static void contradicting(struct str *out)
{
    str_adds(out, "[filter]\nrule a when ");
    repeat(out, "path=proxy and path=staging and ", NULL, 9500);
    str_adds(out, "path=local then discard\n");
}

static void undecided(struct str *out)
{
    str_adds(out, "[filter]\nrule a when ");
    repeat(out, "any attachment (name contains \"", "\") and ", 4500);
    str_adds(out, "path=local then reject \"5.7.1 No\"\n");
    for (int i = 0; i < 900; i++) {
        str_printf(out, "rule d%d when any attachment (uninspected known)", i);
        repeat(out, " and helo.name = \"", "\"", 8);
        str_adds(out, " then defer \"4.7.1 Later\"\n");
    }
    str_adds(out, "rule z when any attachment (uninspected known) then discard\n");
}

static void (*const slow[])(struct str *out) = {indented, contradicting, undecided};
#define CPU_SECONDS_MAX 20 /* with a sanitizer; less than one without */

START_TEST(test_slow)
{
    struct problems problems = {.arena = NULL};
    struct str text = STR_EMPTY;
    struct ruleset *rules;
    clock_t begin;

    slow[_i](&text);
    begin = clock();
    rules = ruleset_compile(str_span(&text), "t", &problems);
    ck_assert_msg(clock() - begin < CPU_SECONDS_MAX * CLOCKS_PER_SEC, "takes too long");
    ck_assert_uint_eq(problems.errors, 0);
    ck_assert_uint_lt(problems.warnings, RULES_MAX_RULES);
    ruleset_unpin(&rules);
    problems_clear(&problems);
    str_clear(&text);
}
END_TEST

/* More headers than the inspector takes would leave every message undecided. */
START_TEST(test_many_headers)
{
    struct str text = STR_EMPTY;

    for (int more = 0; more <= 1; more++) {
        str_reset(&text);
        str_adds(&text, "[filter]\nrule a (unknown passes) when ");
        repeat(&text, "header(\"X-", "\") contains \"x\" or ", RULES_MAX_FUNCTIONS - 1 + more);
        str_adds(&text, "header(\"Y\") contains \"x\" then discard\n");
        ck_assert_uint_eq(errors_of(&text), (size_t)more);
    }
    str_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules/ruleset");
    TCase *tc = tcase_create("ruleset");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, test_shipped);
    tcase_add_test(tc, test_shipped_lists);
    tcase_add_test(tc, test_example);
    tcase_add_test(tc, test_asks);
    tcase_add_loop_test(tc, test_applicable, 0, (int)(sizeof(applying) / sizeof(applying[0])));
    tcase_add_test(tc, test_pins);
    tcase_add_test(tc, test_limits);
    tcase_add_test(tc, test_many_rules);
    tcase_add_loop_test(tc, test_slow, 0, (int)(sizeof(slow) / sizeof(slow[0])));
    tcase_add_test(tc, test_many_headers);
    tcase_set_timeout(tc, 120);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
