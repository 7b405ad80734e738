/* revision_check.c - compiles a text and runs its tests. */
#include "engine/revision_check.h"

static void run_tests(const struct ruleset *rules, struct revision_report *report)
{
    struct arena *arena = arena_new();
    struct rule_test_result *results;

    report->tests = rules->test_count;
    report->failed = rule_test_run(arena, rules, &results);
    for (size_t i = 0; i < rules->test_count; i++) {
        if (!results[i].is_passed)
            str_printf(&report->failures, "test \"%.*s\": %.*s\n",
                       SPAN_ARG(results[i].test->name), SPAN_ARG(results[i].text));
    }
    arena_free(&arena);
}

struct ruleset *revision_check(struct span text, const char *file,
                               struct revision_report *report)
{
    struct problems problems;
    struct ruleset *rules;

    memset(report, 0, sizeof *report);
    problems_init(&problems, file, text);
    rules = ruleset_compile(text, file, &problems);
    if (rules != NULL && ruleset_is_applicable(rules, &problems))
        run_tests(rules, report);
    problems_print(&report->problems, &problems);
    report->errors = problems.errors;
    report->warnings = problems.warnings;
    problems_clear(&problems);
    if (rules != NULL && (report->errors > 0 || report->failed > 0))
        ruleset_unpin(&rules);
    return rules;
}

void revision_report_clear(struct revision_report *report)
{
    str_clear(&report->problems);
    str_clear(&report->failures);
}

int revision_report_err(const struct revision_report *report, struct err *err)
{
    if (report->errors > 0)
        return err_set(err, "%zu error%s:\n%.*s", report->errors, report->errors > 1 ? "s" : "",
                       SPAN_ARG(span_trim(str_span(&report->problems))));
    return err_set(err, "%zu of %zu tests fail:\n%.*s", report->failed, report->tests,
                   SPAN_ARG(span_trim(str_span(&report->failures))));
}
