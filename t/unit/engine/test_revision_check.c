/* test_revision_check.c - which texts may be a revision, and what is said of those that may not. */
#include "engine/revision_check.h"
#include "t/lib/suite.h"

#define GOOD                                                                                   \
    "[filter]\n"                                                                               \
    "rule bad when client.ip in { 203.0.113.0/24 } then reject \"5.7.1 no\"\n"

START_TEST(test_texts)
{
    static const struct {
        const char *name, *text;
        size_t errors, tests, failed;
        const char *want; /* in the error; NULL: acceptable */
    } cases[] = {
        {"no tests", GOOD, 0, 0, 0, NULL},
        {"a test that passes",
         GOOD "test filter \"kept out\" with client.ip 203.0.113.7 expect reject by bad\n", 0,
         1, 0, NULL},
        {"a test that fails",
         GOOD "test filter \"let in\" with client.ip 203.0.113.7 expect deliver\n"
              "test filter \"kept out\" with client.ip 203.0.113.7 expect reject by bad\n",
         0, 2, 1, "1 of 2 tests fail:\ntest \"let in\": "},
        {"does not compile", "[filter]\nrule bad when client.pi = 1 then reject\n", 1, 0, 0,
         "rules:2:"},
        {"what this build cannot do",
         "[filter]\nrule later when virus known then reject \"5.7.1 virus\"\n", 1, 0, 0,
         "rules:2:"},
        {"not run when it does not compile",
         "[filter]\nrule bad when nothing then reject\n"
         "test filter \"let in\" with client.ip 203.0.113.7 expect deliver\n",
         1, 0, 0, "1 error:\nrules:"},
        {"empty", "", 0, 0, 0, NULL},
        {"bytes that are no text", "\xff\xfe\x01", 1, 0, 0, "rules:1:"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct revision_report report;
        struct ruleset *rules = revision_check(span_of(cases[i].text), "rules", &report);
        struct err err;

        ck_assert_msg((rules != NULL) == (cases[i].want == NULL), "%s: %s", cases[i].name,
                      str_cstr(&report.problems));
        ck_assert_msg((report.errors > 0) == (cases[i].errors > 0), "%s: %zu errors",
                      cases[i].name, report.errors);
        ck_assert_msg(report.tests == cases[i].tests && report.failed == cases[i].failed,
                      "%s: %zu of %zu", cases[i].name, report.failed, report.tests);
        if (cases[i].want != NULL) {
            ck_assert_int_eq(revision_report_err(&report, &err), -1);
            ck_assert_msg(strstr(err.text, cases[i].want) != NULL, "%s: %s", cases[i].name,
                          err.text);
        }
        ruleset_unpin(&rules);
        revision_report_clear(&report);
    }
}
END_TEST

SUITE_MAIN("engine/revision_check", test_texts)
