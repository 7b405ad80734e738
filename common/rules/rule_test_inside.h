/* The world of one test: facts as set, the rest at their defaults, lists as the revision and the test say. Private to rule_test*.c. */
#ifndef RULES_RULE_TEST_INSIDE_H
#define RULES_RULE_TEST_INSIDE_H
#include "rules/pattern.h"
#include "rules/rule_test.h"

struct test_world {
    struct facts *message, *recipient;
    struct lists lists;
    struct list_content *each;
    struct list_overlay **overlays; /* by list; owned */
    struct patterns **patterns;
};

/* -1: a list of the test is no list (a pattern that does not compile); world is to be cleared all the same. */
int test_world_make(struct test_world *world, const struct ruleset *rules,
                    const struct rule_test *test, struct err *err);
void test_world_clear(struct test_world *world);
/* Gives a fact that the rules need and the test does not set: its default. */
void test_world_settle(struct test_world *world, const struct fact_ref *need);
#endif
