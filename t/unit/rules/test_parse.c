/* What was parsed, printed back with all parentheses; and that reading goes on after errors. */
#include <check.h>

#include "rules/parse.h"

static void print_term(struct str *out, const struct raw_term *term)
{
    static const char *const before[] = {
        [RAW_WORD] = "",     [RAW_STRING] = "\"",       [RAW_PATTERN] = "/",
        [RAW_LIST] = "$",    [RAW_NULL_ADDRESS] = "<>", [RAW_CALL] = "",
        [RAW_PAIR] = "pair", [RAW_BRACES] = "set"};

    str_adds(out, before[term->kind]);
    str_add(out,
            term->text.len > 0 && term->kind != RAW_NULL_ADDRESS ? term->text : span_of(""));
    if (term->count == 0)
        return;
    for (size_t i = 0; i < term->count; i++) {
        str_addc(out, i == 0 ? '[' : ' ');
        print_term(out, &term->items[i]);
    }
    str_addc(out, ']');
}

static const char *const kind_names[] = {
    [EXPR_AND] = "and", [EXPR_OR] = "or",   [EXPR_NOT] = "not",
    [EXPR_ANY] = "any", [EXPR_ALL] = "all", [EXPR_NO] = "no"};
static const char *const state_names[] = {
    [FACT_VALUE] = "known", [FACT_ABSENT] = "absent", [FACT_UNKNOWN] = "unknown"};

static void print_expr(struct str *out, const struct raw_expr *expr)
{
    if (expr->child_count == 0) {
        print_term(out, &expr->left);
        if (expr->kind == EXPR_STATE)
            str_printf(out, " %s", state_names[expr->state]);
        if (expr->kind == EXPR_COMPARE) {
            str_printf(out, " %s ", names_name(compare_op_names, (int)expr->op));
            print_term(out, &expr->right);
        }
        return;
    }
    str_printf(out, "(%s", kind_names[expr->kind]);
    if (expr->record.len > 0)
        str_printf(out, " %.*s", SPAN_ARG(expr->record));
    for (size_t i = 0; i < expr->child_count; i++) {
        str_adds(out, " ");
        print_expr(out, expr->children[i]);
    }
    str_adds(out, ")");
}

static const struct {
    const char *condition, *tree;
} conditions[] = {
    {"domain.accepted", "domain.accepted"},
    {"not domain.accepted", "(not domain.accepted)"},
    {"path = staging", "path = staging"},
    {"a = 1 and b = 2 and c = 3", "(and a = 1 b = 2 c = 3)"},
    {"a or b and c or d", "(or a (and b c) d)"},
    {"(a or b) and c", "(and (or a b) c)"},
    {"not a and b", "(and (not a) b)"},
    {"not (a and b)", "(not (and a b))"},
    {"client.ip not in $x", "client.ip not in $x"},
    {"subject starts with \"a\" or subject ends with \"b\"",
     "(or subject starts with \"a subject ends with \"b)"},
    {"subject matches /x y/i", "subject matches /x y"},
    {"sender = <>", "sender = <>"},
    {"sender absent", "sender absent"},
    {"sender known and virus unknown", "(and sender known virus unknown)"},
    {"path in { proxy staging }", "path in set[proxy staging]"},
    {"path in { proxy, staging, }", "path in set[proxy staging]"},
    {"header(\"X\") = \"y\"", "header[\"X] = \"y"},
    {"count(messages, (sender, client.ip), 1h) > 5",
     "count[messages pair[sender client.ip] 1h] > 5"},
    {"any attachment (size > 1MB and name = \"x\")",
     "(any attachment (and size > 1MB name = \"x))"},
    {"not any attachment (macros)", "(not (any attachment macros))"},
    {"no url (deceptive) or all url (host = \"x\")",
     "(or (no url deceptive) (all url host = \"x))"},
    {"5 <= score", "5 <= score"},
    {"((((a))))", "a"},
};

static void parse(struct arena *arena, const char *text, struct problems *problems,
                  struct raw_file *file)
{
    struct parser parser;

    problems_init(problems, "t", span_of(text));
    parse_file(&parser, arena, span_of(text), problems, file);
}

START_TEST(test_conditions)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct raw_file file;
    struct str tree = STR_EMPTY;

    parse(arena,
          arena_printf(arena, "[filter] rule x when %s then discard", conditions[_i].condition),
          &problems, &file);
    ck_assert_msg(problems.errors == 0, "%s: %s", conditions[_i].condition,
                  problems.count > 0 ? problems.list[0].text : "");
    ck_assert_uint_eq(file.rule_count, 1);
    print_expr(&tree, file.rules[0].when);
    ck_assert_msg(strcmp(str_cstr(&tree), conditions[_i].tree) == 0, "%s: %s",
                  conditions[_i].condition, str_cstr(&tree));
    str_clear(&tree);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

static const struct {
    const char *text, *printed;
} actions[] = {
    {"accept", "accept;"},
    {"permit relay, log \"a\"", "permit relay;log \"a;"},
    {"quarantine, reject \"5.7.1 x\"", "quarantine;reject \"5.7.1 x;"},
    {"quarantine \"why\"", "quarantine \"why;"},
    {"skip a, b, score -1", "skip a b;score -1;"},
    {"skip a, skip b", "skip a;skip b;"},
    {"add header \"N\" \"V\", remove header \"M\"", "add header \"N \"V;remove header \"M;"},
    {"greylist 3m", "greylist 3m;"},
    {"prefix subject \"[x] \", append text \"y\", strip",
     "prefix subject \"[x] ;append text \"y;strip;"},
};

START_TEST(test_actions)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct raw_file file;
    struct str out = STR_EMPTY;

    parse(arena, arena_printf(arena, "[filter] rule x when a then %s", actions[_i].text),
          &problems, &file);
    ck_assert_msg(problems.errors == 0 && file.rule_count == 1, "%s", actions[_i].text);
    for (size_t i = 0; i < file.rules[0].action_count; i++) {
        const struct raw_action *action = &file.rules[0].actions[i];

        str_adds(&out, action_table[action->kind].name);
        for (size_t k = 0; k < action->count; k++) {
            str_addc(&out, ' ');
            print_term(&out, &action->arguments[k]);
        }
        str_addc(&out, ';');
    }
    ck_assert_msg(strcmp(str_cstr(&out), actions[_i].printed) == 0, "%s: %s", actions[_i].text,
                  str_cstr(&out));
    str_clear(&out);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

START_TEST(test_structure)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct raw_file file;

    parse(arena,
          "list a ip { 10.0.0.0/8, ::1 } list b domain [policy] rule p (warn, unknown passes) "
          "when x then verify [filter] rule f (off) when x unless y then keep "
          "test policy \"one\" with path staging, list b { b.example } expect pass "
          "test \"two\" with attachment { name \"x\", size 3 } with header(\"S\") absent "
          "expect reject by f test [filter] \"three\" expect deliver",
          &problems, &file);
    ck_assert_msg(problems.errors == 0, "%s", problems.count > 0 ? problems.list[0].text : "");
    ck_assert_uint_eq(file.list_count, 2);
    ck_assert(file.lists[0].has_items && file.lists[0].count == 2 && !file.lists[1].has_items);
    ck_assert_uint_eq(file.rule_count, 2);
    ck_assert(file.rules[0].chain == CHAIN_POLICY && file.rules[0].is_warn &&
              file.rules[0].unknown_passes && !file.rules[0].is_off);
    ck_assert(file.rules[1].chain == CHAIN_FILTER && file.rules[1].is_off &&
              file.rules[1].unless != NULL);
    ck_assert_uint_eq(file.test_count, 3);
    ck_assert(file.tests[0].chain == CHAIN_POLICY && file.tests[0].set_count == 2 &&
              file.tests[0].sets[1].is_list);
    ck_assert(file.tests[1].set_count == 2 && file.tests[1].sets[0].is_record &&
              file.tests[1].sets[0].count == 2);
    ck_assert(file.tests[1].sets[1].state == FACT_ABSENT && span_is(file.tests[1].by, "f"));
    ck_assert(file.tests[2].chain == CHAIN_FILTER && file.tests[2].by.len == 0);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

/* Broken sentences are left out, the others are there. */
START_TEST(test_recovery)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct raw_file file;

    parse(arena,
          "[policy]\nrule a\n  when x = \"open\n  then verify\nrule b\n  when\n  then "
          "verify\nnonsense here\nrule c\n  when x\n  then verify\ntest \"t\" expect\n",
          &problems, &file);
    ck_assert_uint_eq(problems.errors, 3); /* the nonsense is part of what rule b lost */
    ck_assert_uint_eq(file.rule_count, 2);
    ck_assert(span_is(file.rules[0].name, "a"));
    ck_assert(span_is(file.rules[1].name, "c"));
    ck_assert_uint_eq(file.test_count, 0);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

static size_t errors_of(const char *text)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct raw_file file;
    size_t errors;

    parse(arena, text, &problems, &file);
    errors = problems.errors;
    problems_clear(&problems);
    arena_free(&arena);
    return errors;
}

START_TEST(test_limits)
{
    struct str text = STR_EMPTY;

    str_adds(&text, "[filter] rule x when ");
    for (int i = 0; i < RULES_MAX_DEPTH + 1; i++)
        str_adds(&text, "(");
    ck_assert_uint_eq(errors_of(str_cstr(&text)), 1);
    str_reset(&text);
    for (int i = 0; i < RULES_MAX_LISTS + 1; i++)
        str_printf(&text, "list l%d ip\n", i);
    ck_assert_uint_eq(errors_of(str_cstr(&text)), 1);
    str_reset(&text);
    str_adds(&text, "[filter] rule x when a");
    for (int i = 0; i < RULES_MAX_NODES + 1; i++)
        str_adds(&text, " or a");
    str_adds(&text, " then keep");
    ck_assert_uint_eq(errors_of(str_cstr(&text)), 1);
    str_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules/parse");
    TCase *tc = tcase_create("parse");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, test_conditions, 0,
                        (int)(sizeof(conditions) / sizeof(conditions[0])));
    tcase_add_loop_test(tc, test_actions, 0, (int)(sizeof(actions) / sizeof(actions[0])));
    tcase_add_test(tc, test_structure);
    tcase_add_test(tc, test_recovery);
    tcase_add_test(tc, test_limits);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
