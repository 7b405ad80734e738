/* Reads t/rules/NAME.case: rules, facts, and what must come out, as text (t/rules/README.md tells the format). */
#include <dirent.h>
#include <stdio.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "rules/explain.h"
#include "rules/rule_test_inside.h"
#include "t/lib/suite.h"

#define DIRECTORY      "t/rules"
#define CASES_AT_LEAST 60
#define RECIPIENTS_MAX 8
#define MARKS_MAX      16
#define FILE_MAX       (256 * 1024)

/* What the language of tests cannot say. */
enum mark_kind { MARK_PENDING = 1, MARK_INCOMPLETE, MARK_UNKNOWN };
static const struct name_value mark_names[] = {
    {"pending ", MARK_PENDING},
    {"incomplete ", MARK_INCOMPLETE},
    {"unknown ", MARK_UNKNOWN},
    {NULL, 0},
};
struct mark {
    enum mark_kind kind;
    struct span rest;
};

struct one_case {
    struct span name;
    struct str rules, given, expect;
    struct str recipients[RECIPIENTS_MAX];
    size_t recipient_count;
    struct mark marks[MARKS_MAX];
    size_t mark_count;
    enum chain chain;
    enum stage stage;
};

struct run {
    const char *file;
    struct str common; /* rules that stand before the first case of a file */
    size_t count, failed;
};

/* ---- what comes out, as text ---- */

static void tell_edit(struct str *out, const struct edit *edit)
{
    static const char *const names[] = {
        "",         "add header", "remove header", "prefix subject", "append text",
        "redirect", "copy",       "strip"};

    str_printf(out, "  edit %s", names[edit->kind]);
    if (edit->name.len > 0)
        str_printf(out, " %.*s", SPAN_ARG(edit->name));
    if (edit->value.len > 0)
        str_printf(out, " %.*s", SPAN_ARG(edit->value));
    str_addc(out, '\n');
}

static void tell_outcome(struct str *out, const struct ruleset *rules,
                         const struct outcome *outcome)
{
    explain_outcome(out, rules, outcome);
    if (outcome->wants_keep)
        str_adds(out, "  keep\n");
    if (outcome->permits_relay && outcome->disposition == DISPOSITION_VERIFY)
        str_adds(out, "  permits relay\n");
    for (size_t i = 0; i < outcome->log_count; i++)
        str_printf(out, "  log %.*s\n", SPAN_ARG(outcome->logs[i]));
    for (size_t i = 0; i < outcome->edit_count; i++)
        tell_edit(out, &outcome->edits[i]);
    for (size_t i = 0; i < outcome->charge_count; i++)
        str_printf(out, "  charge %s(%.*s)\n", fact_table[outcome->charges[i].fact].name,
                   SPAN_ARG(outcome->charges[i].key));
}

static void tell_verdict(struct str *out, const struct verdict *v)
{
    str_printf(out, "whole %s%s%s\n", names_name(disposition_names, (int)v->whole),
               v->wants_quarantine ? ", a copy is stored" : "",
               v->keeps_delivering ? ", mail goes on" : "");
    if (v->deciding->text.len > 0)
        str_printf(out, "told %s %.*s\n", v->deciding->code, SPAN_ARG(v->deciding->text));
    for (size_t i = 0; i < v->recipient_count; i++)
        str_printf(out, "%zu %s\n", i + 1, names_name(disposition_names, (int)v->each[i]));
    for (size_t i = 0; i < v->edit_count; i++)
        tell_edit(out, &v->edits[i]);
}

/* ---- one case ---- */

static void apply_mark(struct test_world *world, const struct mark *mark)
{
    struct span rest = mark->rest, name, reason;
    int record = RECORD_NONE, id;

    span_cut(&rest, ' ', &name);
    reason = rest.len > 2 ? span_from(rest.ptr + 1, rest.len - 2) : rest;
    if (names_value(record_names, name, &record)) {
        if (mark->kind == MARK_UNKNOWN)
            facts_records_unknown(world->message, (enum record)record, reason);
        else if (mark->kind == MARK_INCOMPLETE)
            facts_records_learnt(world->message, (enum record)record, true, reason);
        return;
    }
    id = fact_find(name, RECORD_NONE);
    ck_assert_msg(id != FACT_NONE && mark->kind == MARK_PENDING, "no mark: %.*s",
                  SPAN_ARG(mark->rest));
    if ((fact_table[id].flags & FACT_PER_RECIPIENT) != 0)
        facts_forget(world->recipient, (enum fact_id)id);
    else
        facts_forget(world->message, (enum fact_id)id);
}

/* A list that is still to come cannot be had from a list that was learnt. */
static void forget_records(struct test_world *world, const struct one_case *c)
{
    struct facts *fresh;
    bool is_wanted = false;

    for (size_t i = 0; i < c->mark_count; i++)
        is_wanted = is_wanted || (c->marks[i].kind == MARK_PENDING &&
                                  span_is(c->marks[i].rest, "attachment"));
    if (!is_wanted)
        return;
    fresh = facts_new();
    for (enum fact_id id = 0; id < FACT_MESSAGE__COUNT; id++) {
        const struct fact *fact = facts_get(world->message, id);
        if (fact->state == FACT_VALUE)
            facts_set_many(fresh, id, fact->values, fact->count);
        else if (fact->state == FACT_ABSENT)
            facts_set_absent(fresh, id);
        else if (fact->state == FACT_UNKNOWN)
            facts_set_unknown(fresh, id, fact->reason);
    }
    facts_free(&world->message);
    world->message = fresh;
}

static void make_world(struct test_world *world, const struct ruleset *rules, size_t test,
                       const struct one_case *c)
{
    struct err err;

    ck_assert_msg(test_world_make(world, rules, &rules->tests[test], &err) == 0, "%s",
                  err.text);
    for (size_t i = 0; i < c->mark_count; i++)
        apply_mark(world, &c->marks[i]);
    forget_records(world, c);
}

/* As live, but that a fact the case holds back is not given: then the need is the result. */
static bool settles(struct test_world *world, const struct evaluation *evaluation)
{
    const struct fact_ref *need = &evaluation->needs[0];

    if (need->record != RECORD_NONE || need->fact < FACT_FUNCTION__FIRST)
        return false;
    test_world_settle(world, need);
    return true;
}

static const struct outcome *evaluate_one(struct arena *arena, struct test_world *world,
                                          struct facts *message, const struct one_case *c,
                                          struct str *out)
{
    struct facts_view view = {message, world->recipient};
    struct evaluation evaluation;

    do {
        evaluate(arena, &world->lists, c->chain, &view, c->stage, &evaluation);
    } while (evaluation.result == EVAL_NEED && settles(world, &evaluation));
    if (evaluation.result == EVAL_NEED)
        str_printf(out, "need %s\n", fact_table[evaluation.needs[0].fact].name);
    if (evaluation.result == EVAL_PENDING)
        str_printf(out, "pending %s\n", names_name(stage_names, (int)evaluation.pending));
    return evaluation.result == EVAL_DECIDED ? evaluation.outcome : NULL;
}

static void run_rules(struct str *out, const struct ruleset *rules, const struct one_case *c)
{
    struct test_world worlds[RECIPIENTS_MAX + 1] = {{.message = NULL}};
    const struct outcome *outcomes[RECIPIENTS_MAX + 1];
    struct arena *arena = arena_new();
    size_t count = c->recipient_count > 0 ? c->recipient_count : 1;
    bool is_decided = true;

    for (size_t i = 0; i < count; i++)
        make_world(&worlds[i], rules, i, c);
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = evaluate_one(arena, &worlds[i], worlds[0].message, c, out);
        is_decided = is_decided && outcomes[i] != NULL;
    }
    if (is_decided && c->recipient_count == 0)
        tell_outcome(out, rules, outcomes[0]);
    else if (is_decided)
        tell_verdict(out, verdict_combine(arena, outcomes, count));
    for (size_t i = 0; i < count; i++)
        test_world_clear(&worlds[i]);
    arena_free(&arena);
}

/* The facts of a case are written as those of a test, so they become tests of the file. */
static void add_test(struct str *text, const struct one_case *c, size_t number,
                     const struct str *more)
{
    bool is_policy = c->chain == CHAIN_POLICY;

    str_printf(text, "\ntest %s \"case %zu\"", is_policy ? "policy" : "", number);
    if (c->given.len > 0)
        str_printf(text, " with %s", str_cstr(&c->given));
    if (more != NULL)
        str_printf(text, " with %s", str_cstr(more));
    str_printf(text, " expect %s\n", is_policy ? "pass" : "deliver");
}

static void run_case(struct run *run, const struct one_case *c)
{
    struct str text = STR_EMPTY, got = STR_EMPTY;
    struct problems problems;
    struct ruleset *rules;

    str_add(&text, str_span(c->rules.len > 0 ? &c->rules : &run->common));
    add_test(&text, c, 0, c->recipient_count > 0 ? &c->recipients[0] : NULL);
    for (size_t i = 1; i < c->recipient_count; i++)
        add_test(&text, c, i, &c->recipients[i]);
    problems_init(&problems, run->file, str_span(&text));
    rules = ruleset_compile(str_span(&text), run->file, &problems);
    if (rules != NULL)
        run_rules(&got, rules, c);
    else
        problems_print(&got, &problems);
    run->count++;
    if (!span_equal(str_span(&got), str_span(&c->expect))) {
        run->failed++;
        printf("%s: case %.*s\n--- expected\n%s--- got\n%s---\n", run->file, SPAN_ARG(c->name),
               str_cstr(&c->expect), str_cstr(&got));
    }
    ruleset_unpin(&rules);
    problems_clear(&problems);
    str_clear(&text);
    str_clear(&got);
}

/* ---- the file ---- */

static void case_clear(struct one_case *c)
{
    str_clear(&c->rules);
    str_clear(&c->given);
    str_clear(&c->expect);
    for (size_t i = 0; i < c->recipient_count; i++)
        str_clear(&c->recipients[i]);
}

static void add_given(struct one_case *c, struct span line)
{
    for (size_t i = 0; mark_names[i].name != NULL; i++) {
        struct span name = span_of(mark_names[i].name);
        if (!span_starts(line, name))
            continue;
        ck_assert(c->mark_count < MARKS_MAX);
        c->marks[c->mark_count++] =
            (struct mark){(enum mark_kind)mark_names[i].value,
                          span_from(line.ptr + name.len, line.len - name.len)};
        return;
    }
    str_printf(&c->given, "%s%.*s", c->given.len > 0 ? ", " : "", SPAN_ARG(line));
}

static void add_line(struct run *run, struct one_case *c, struct span block, struct span line)
{
    struct str *rules = c->name.len > 0 ? &c->rules : &run->common;

    line = span_from(line.ptr + 2, line.len - 2);
    if (span_is(block, "given"))
        add_given(c, line);
    else if (span_is(block, "expect") || span_is(block, "rules"))
        str_printf(span_is(block, "rules") ? rules : &c->expect, "%.*s\n", SPAN_ARG(line));
    else
        ck_abort_msg("%s: a line in no block: %.*s", run->file, SPAN_ARG(line));
}

static void begin_case(struct run *run, struct one_case *c, struct span name)
{
    if (c->name.len > 0)
        run_case(run, c);
    case_clear(c);
    *c = (struct one_case){.name = name, .chain = CHAIN_FILTER, .stage = STAGE_EOM};
}

static void take_word(struct run *run, struct one_case *c, struct span line)
{
    struct span rest = line, word;
    int value;

    span_cut(&rest, ' ', &word);
    if (span_is(word, "case")) {
        begin_case(run, c, rest);
    } else if (span_is(word, "chain") && names_value(chain_names, rest, &value)) {
        c->chain = (enum chain)value;
    } else if (span_is(word, "stage") && names_value(stage_names, rest, &value)) {
        c->stage = (enum stage)value;
    } else if (span_is(word, "recipient")) {
        ck_assert(c->recipient_count < RECIPIENTS_MAX);
        str_add(&c->recipients[c->recipient_count++], line);
    } else {
        ck_assert_msg(span_is(line, "given") || span_is(line, "expect") ||
                          span_is(line, "rules"),
                      "%s: no word of cases: %.*s", run->file, SPAN_ARG(line));
    }
}

static void run_file(struct run *run, const char *path)
{
    struct one_case c = {.name = {NULL, 0}};
    struct str bytes = STR_EMPTY;
    struct span rest, line, block = {NULL, 0};
    struct err err;

    ck_assert_msg(file_read(path, FILE_MAX, &bytes, &err) == 0, "%s", err.text);
    run->file = path;
    rest = str_span(&bytes);
    while (span_cut(&rest, '\n', &line)) {
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (span_starts(line, SPAN("  "))) {
            add_line(run, &c, block, line);
            continue;
        }
        take_word(run, &c, line);
        block = line;
    }
    begin_case(run, &c, (struct span){NULL, 0});
    str_reset(&run->common);
    str_clear(&bytes);
}

START_TEST(all_cases)
{
    struct run run = {.count = 0};
    DIR *dir = opendir(DIRECTORY);
    struct dirent *entry;

    ck_assert_msg(dir != NULL, "%s: run this from the top of the source", DIRECTORY);
    while ((entry = readdir(dir)) != NULL) {
        char *path;
        if (!span_ends(span_of(entry->d_name), SPAN(".case")))
            continue;
        path = file_path(DIRECTORY, entry->d_name);
        run_file(&run, path);
        xfree(&path);
    }
    closedir(dir);
    str_clear(&run.common);
    ck_assert_msg(run.failed == 0, "%zu of %zu cases failed", run.failed, run.count);
    ck_assert_msg(run.count >= CASES_AT_LEAST, "only %zu cases", run.count);
}
END_TEST

SUITE_MAIN("rule cases", all_cases)
