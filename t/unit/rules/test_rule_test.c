/* The tests in a rules file: what they say when they fail, and what they assume. */
#include "rules/rule_test.h"
#include "t/lib/suite.h"

/* text: what the result must say; a passing test begins with "ok: ". */
static const struct {
    const char *rules, *test, *text;
} rows[] = {
    {"[filter] rule r when subject = \"x\" then reject \"5.7.1 no {subject}\"",
     "with subject \"x\" expect reject by r",
     "ok: expected reject by r, got reject by r (line 1): 5.7.1 no x"},
    {"[filter] rule r when subject = \"x\" then reject \"5.7.1 no\"",
     "with subject \"y\" expect reject", "expected reject, got deliver"},
    {"[filter] rule q when subject = \"x\" then reject \"5.7.1 q\"\n"
     "rule r when subject = \"x\" or subject absent then reject \"5.7.1 r\"",
     "with subject \"x\" expect reject by r",
     "expected reject by r, got reject by q (line 1): 5.7.1 q"},
    {"[filter] rule r (warn) when subject = \"x\" then discard",
     "with subject \"x\" expect deliver", "ok: expected deliver, got deliver"},
    {"[filter] rule r (unknown passes) when virus known and client.country = \"DE\" then "
     "discard",
     "with virus \"v\", client.country unknown expect discard",
     "expected discard, got deliver; r lacks client.country"},
    {"[filter] rule r when subject = \"x\" unless sender.domain = \"a.example\" and "
     "recipient contains \"b\" then discard",
     "with subject \"x\", sender \"u@a.example\", recipient \"b@b.example\" expect discard",
     "expected discard, got deliver; r is held back: sender.domain = \"a.example\", recipient "
     "= "
     "\"b@b.example\""},
    {"[filter] rule r when subject = \"x\" then quarantine, reject \"5.7.1 kept\"",
     "with subject \"x\" expect reject",
     "ok: expected reject, got reject by r (line 1): 5.7.1 kept"},
    {"list shapes pattern { /^re:/i }\n[filter] rule r when subject matches $shapes then "
     "discard",
     "with subject \"fw: x\", list shapes { \"^fw\" } expect discard",
     "ok: expected discard, got discard by r (line 2)"},
    {"list shapes pattern { /^re:/i }\n[filter] rule r when subject matches $shapes then "
     "discard",
     "with subject \"RE: x\" expect discard",
     "ok: expected discard, got discard by r (line 2)"},
    {"[filter] rule r (unknown passes) when any attachment (extension = \"exe\" and not "
     "encrypted and not macros) "
     "then tag \"t\" rule s when tag(\"t\") then discard",
     "with attachment { name \"a.EXE\" } expect discard by s",
     "ok: expected discard by s, got discard by s (line 1)"},
    {"[filter] rule r (unknown passes) when any url (domain = \"evil.co.uk\") then discard",
     "with url { host \"WWW.Evil.co.uk\" } expect discard by r",
     "ok: expected discard by r, got discard by r (line 1)"},
    {"[filter] rule r (unknown passes) when any url (host known and domain absent) then "
     "discard",
     "with url { host \"192.0.2.1\" } expect discard by r",
     "ok: expected discard by r, got discard by r (line 1)"},
    {"[filter] rule r (unknown passes) when any url (domain = \"given.example\") then discard",
     "with url { host \"www.evil.example\", domain \"given.example\" } expect discard by r",
     "ok: expected discard by r, got discard by r (line 1)"},
    {"[filter] rule r when any url (deceptive unknown and domain unknown and text unknown) "
     "then "
     "discard",
     "with url { host unknown } expect discard by r",
     "ok: expected discard by r, got discard by r (line 1)"},
    {"[filter] rule r when path = proxy and direction = inbound and client.ip = 192.0.2.1 and "
     "auth.user absent and domain.accepted and loop.hops = 0 and time.hour = 12 then discard",
     "expect discard by r", "ok: expected discard by r, got discard by r (line 1)"},
    {"[policy] rule r when count(messages, client.ip, 1h) > 5 then defer \"4.7.1 later\"",
     "policy with count(messages, client.ip, 1h) 6 expect defer",
     "ok: expected defer, got defer by r (line 1): 4.7.1 later"},
    {"[policy] rule r when count(messages, client.ip, 1h) > 5 then defer \"4.7.1 later\"",
     "policy expect pass", "ok: expected pass, got pass"},
};

static void run_row(size_t row)
{
    struct str text = STR_EMPTY, got = STR_EMPTY;
    struct arena *arena = arena_new();
    struct rule_test_result *results;
    struct problems problems;
    struct ruleset *rules;
    size_t failed, chain = strncmp(rows[row].test, "policy ", 7) == 0 ? 7 : 0;

    str_printf(&text, "%s\ntest %s \"t\" %s", rows[row].rules, chain > 0 ? "policy" : "",
               rows[row].test + chain);
    problems_init(&problems, "rules", str_span(&text));
    rules = ruleset_compile(str_span(&text), "rules", &problems);
    if (rules == NULL)
        problems_print(&got, &problems);
    ck_assert_msg(rules != NULL, "row %zu: %s", row, str_cstr(&got));
    failed = rule_test_run(arena, rules, &results);
    ck_assert_uint_eq(failed, results[0].is_passed ? 0 : 1);
    str_printf(&got, "%s%.*s", results[0].is_passed ? "ok: " : "", SPAN_ARG(results[0].text));
    ck_assert_str_eq(str_cstr(&got), rows[row].text);
    ruleset_unpin(&rules);
    problems_clear(&problems);
    arena_free(&arena);
    str_clear(&text);
    str_clear(&got);
}

START_TEST(told_results)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        run_row(i);
}
END_TEST

START_TEST(no_tests)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct rule_test_result *results;
    struct ruleset *rules;

    problems_init(&problems, "rules", SPAN("[filter]"));
    rules = ruleset_compile(SPAN("[filter]"), "rules", &problems);
    ck_assert(rules != NULL);
    ck_assert_uint_eq(rule_test_run(arena, rules, &results), 0);
    ruleset_unpin(&rules);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

SUITE_MAIN("rule_test", told_results, no_tests)
