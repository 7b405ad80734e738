/* rules_source: a rules file read, checked and tested inside milter-ctl, by the very code the daemons use. */
#include <stdio.h>
#include "milter/ctl/print.h"
#include "milter/ctl/rules.h"
#include "rules/rule_test.h"

enum control_exit rules_source_read(struct ctl *ctl, const char *path,
                                    struct rules_source *source_r)
{
    *source_r = (struct rules_source){0};
    if (!path && ctl_load_settings(ctl) == -1)
        return EXIT_INVALID;
    source_r->name = path ? path : ctl->settings->rules_file;
    if (ctl_read_file(source_r->name, RULES_MAX_BYTES, &source_r->text) == -1)
        return EXIT_INVALID;
    if (strcmp(source_r->name, "-") == 0)
        source_r->name = "(standard input)";
    return EXIT_OK;
}

void rules_source_clear(struct rules_source *source)
{
    ruleset_unpin(&source->rules);
    str_clear(&source->text);
}

static void print_problem_rows(const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        json_t *row =
            json_pack("{s:o,s:i,s:i,s:s,s:o}", "file", control_text(span_of(problems->file)),
                      "line", (int)problem->line, "column", (int)problem->column, "severity",
                      problem->is_warning ? "warning" : "error", "text",
                      control_text(span_of(problem->text)));

        print_json(row);
        json_decref(row);
    }
}

/* Rows on stdout with --json, else compiler-like lines on stderr. */
static void print_problems(const struct ctl *ctl, const struct problems *problems)
{
    struct str text = STR_EMPTY;

    if (ctl->is_json) {
        print_problem_rows(problems);
        return;
    }
    problems_print(&text, problems);
    ctl_say_lines(str_span(&text));
    str_clear(&text);
}

/* What `rules apply` would refuse is no error of the file: it may be written for a later version. */
static void print_not_yet(const struct ctl *ctl, struct rules_source *source)
{
    struct problems problems;

    problems_init(&problems, source->name, str_span(&source->text));
    if (!ruleset_is_applicable(source->rules, &problems)) {
        source->is_beyond_us = true;
        print_problems(ctl, &problems);
        ctl_say("the file is right, but `rules apply` refuses it: this version cannot do "
                "everything in it");
    }
    problems_clear(&problems);
}

enum control_exit rules_source_check(const struct ctl *ctl, struct rules_source *source)
{
    struct problems problems;

    problems_init(&problems, source->name, str_span(&source->text));
    source->rules = ruleset_compile(str_span(&source->text), source->name, &problems);
    print_problems(ctl, &problems);
    if (problems.errors > problems.count)
        ctl_say("%zu errors in all", problems.errors);
    problems_clear(&problems);
    if (!source->rules)
        return EXIT_INVALID;
    print_not_yet(ctl, source);
    return EXIT_OK;
}

static enum colour result_colour(struct span line)
{
    return span_starts(line, SPAN("FAIL")) ? COLOUR_RED : COLOUR_NONE;
}

static void print_test(const struct ctl *ctl, const struct rule_test_result *result)
{
    struct str line = STR_EMPTY;
    json_t *row;

    if (!ctl->is_json) {
        str_adds(&line, result->is_passed ? "ok    " : "FAIL  ");
        str_add(&line, result->test->name);
        if (!result->is_passed) {
            str_adds(&line, ": ");
            str_add(&line, result->text);
        }
        str_addc(&line, '\n');
        print_coloured(ctl, str_span(&line), result_colour);
        str_clear(&line);
        return;
    }
    row = json_pack("{s:o,s:b,s:i,s:o,s:o}", "test", control_text(result->test->name), "passed",
                    (int)result->is_passed, "line", (int)result->test->place.line, "by",
                    control_text(result->by), "text", control_text(result->text));
    print_json(row);
    json_decref(row);
}

enum control_exit rules_source_test(const struct ctl *ctl, const struct rules_source *source,
                                    bool only_failed)
{
    struct arena *arena = arena_new();
    struct rule_test_result *results = NULL;
    size_t failed = rule_test_run(arena, source->rules, &results);

    for (size_t i = 0; i < source->rules->test_count; i++)
        if (!only_failed || !results[i].is_passed)
            print_test(ctl, &results[i]);
    if (failed > 0)
        ctl_say("%s: %zu of %zu tests failed", source->name, failed, source->rules->test_count);
    else if (!only_failed)
        ctl_say("%s: %zu tests passed", source->name, source->rules->test_count);
    arena_free(&arena);
    return failed > 0 ? EXIT_INVALID : EXIT_OK;
}
