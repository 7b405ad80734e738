/* The tests that stand in a rules file: run where the revision is checked, at the administrator's shell and on every node. */
#ifndef RULES_RULE_TEST_H
#define RULES_RULE_TEST_H
#include "rules/eval.h"

struct rule_test_result {
    const struct rule_test *test;
    bool is_passed;
    enum disposition got;
    struct span by; /* rule that decided, or empty */
    struct span
        text; /* "expected deliver, got reject by executable-attachment (line 40): ..." */
};
/* Runs all; results (rules->test_count of them) live in arena. Returns how many failed. */
size_t rule_test_run(struct arena *arena, const struct ruleset *rules,
                     struct rule_test_result **results_r);
/* The facts of a test with nothing set: every fact at its test default. */
void rule_test_defaults(struct facts *message, struct facts *recipient);
#endif
