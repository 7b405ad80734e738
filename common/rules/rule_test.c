/* rule_test.c - runs the tests that stand in a rules file. */
#include "rules/rule_test.h"
#include "rules/rule_test_inside.h"

/* Each turn settles a fact; a rule set asks fewer than this. */
#define TURNS_MAX 10000

/* Headers and counters that the test does not set, all at once: asked for one by one, hundreds of them would take as many walks. */
static void settle_functions(struct test_world *world, enum chain chain)
{
    const struct ruleset *rules = world->lists.rules;

    for (size_t i = 0; i < rules->ask_count[chain]; i++) {
        const struct fact_ref *ask = &rules->asks[chain][i];
        if (ask->fact >= FACT_FUNCTION__FIRST &&
            facts_keyed(world->message, ask->fact, ask->key)->state == FACT_PENDING)
            test_world_settle(world, ask);
    }
}

/* As live: evaluated until nothing is needed any more, with nothing still to come. */
static const struct outcome *decide(struct arena *arena, struct test_world *world,
                                    enum chain chain)
{
    struct facts_view view = {world->message, world->recipient};
    struct evaluation evaluation;

    settle_functions(world, chain);
    for (size_t turn = 0; turn < TURNS_MAX; turn++) {
        evaluate(arena, &world->lists, chain, &view, STAGE_EOM, &evaluation);
        if (evaluation.result != EVAL_NEED)
            break;
        for (size_t i = 0; i < evaluation.need_count; i++)
            test_world_settle(world, &evaluation.needs[i]);
    }
    return evaluation.result == EVAL_DECIDED ? evaluation.outcome : NULL;
}

static void add_rule(struct str *out, const struct ruleset *rules, int rule)
{
    if (rule >= 0)
        str_printf(out, " by %.*s (line %u)", SPAN_ARG(rules->rules[rule].name),
                   rules->rules[rule].place.line);
}

/* What the rules that did not apply lacked; mostly the answer to "why". */
static void add_lacking(struct str *out, const struct ruleset *rules,
                        const struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->reason_count; i++) {
        const struct reason *reason = &outcome->reasons[i];
        const struct rule *rule = &rules->rules[reason->rule];
        if (reason->what == REASON_UNKNOWN && (int)reason->missing.fact != FACT_NONE)
            str_printf(out, "; %.*s lacks %s", SPAN_ARG(rule->name),
                       fact_table[reason->missing.fact].name);
        else if (reason->what == REASON_HELD_BACK)
            str_printf(out, "; %.*s is held back: %.*s", SPAN_ARG(rule->name),
                       SPAN_ARG(reason->detail));
    }
}

static void judge(struct str *out, const struct ruleset *rules, const struct outcome *outcome,
                  struct rule_test_result *result)
{
    const struct rule_test *test = result->test;

    result->got = outcome->disposition;
    if (outcome->rule >= 0)
        result->by = rules->rules[outcome->rule].name;
    result->is_passed =
        result->got == test->expect && (test->by.len == 0 || span_equal(test->by, result->by));
    str_printf(out, "expected %s", names_name(disposition_names, (int)test->expect));
    if (test->by.len > 0)
        str_printf(out, " by %.*s", SPAN_ARG(test->by));
    str_printf(out, ", got %s", names_name(disposition_names, (int)result->got));
    add_rule(out, rules, outcome->rule);
    if (outcome->text.len > 0)
        str_printf(out, ": %s%s%.*s", outcome->code, outcome->code[0] != '\0' ? " " : "",
                   SPAN_ARG(outcome->text));
    if (!result->is_passed)
        add_lacking(out, rules, outcome);
}

static void run_one(struct arena *arena, const struct ruleset *rules,
                    struct rule_test_result *result)
{
    struct test_world world = {.message = NULL};
    struct str text = STR_EMPTY;
    struct err err;

    err_reset(&err);
    if (test_world_make(&world, rules, result->test, &err) < 0) {
        str_printf(&text, "a list of the test cannot be used: %s", err.text);
    } else {
        const struct outcome *outcome = decide(arena, &world, result->test->chain);
        if (outcome != NULL)
            judge(&text, rules, outcome, result);
        else
            str_adds(&text, "the rules could not be decided");
    }
    result->text = arena_span(arena, str_span(&text));
    str_clear(&text);
    test_world_clear(&world);
}

size_t rule_test_run(struct arena *arena, const struct ruleset *rules,
                     struct rule_test_result **results_r)
{
    struct rule_test_result *results =
        arena_array(arena, rules->test_count > 0 ? rules->test_count : 1, sizeof *results);
    size_t failed = 0;

    for (size_t i = 0; i < rules->test_count; i++) {
        results[i].test = &rules->tests[i];
        run_one(arena, rules, &results[i]);
        failed += !results[i].is_passed;
    }
    *results_r = results;
    return failed;
}
