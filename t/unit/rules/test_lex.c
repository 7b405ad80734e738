/* Tokens of rule files: kinds, texts, places, and what makes no sense. */
#include <check.h>

#include "rules/lex.h"

static const char letters[] = {
    [TOKEN_END] = '.',         [TOKEN_WORD] = 'w',         [TOKEN_STRING] = 's',
    [TOKEN_PATTERN] = 'p',     [TOKEN_LIST] = '$',         [TOKEN_OPEN] = '{',
    [TOKEN_CLOSE] = '}',       [TOKEN_OPEN_ROUND] = '(',   [TOKEN_CLOSE_ROUND] = ')',
    [TOKEN_OPEN_SQUARE] = '[', [TOKEN_CLOSE_SQUARE] = ']', [TOKEN_COMMA] = ',',
    [TOKEN_OPERATOR] = '=',    [TOKEN_NULL_ADDRESS] = '0', [TOKEN_BAD] = '!',
};

static const struct {
    const char *name, *text;
    const char *kinds; /* of all tokens; '.' ends */
    const char *texts; /* those with text, separated by | */
    size_t errors;
} cases[] = {
    {"nothing", "", ".", "", 0},
    {"blanks and comments", " \t\r\n# only a comment\n\n# and one more", ".", "", 0},
    {"words", "client.ip 10MB 192.0.2.0/24 2001:db8::/32 a@b.example -1", "wwwwww.",
     "client.ip|10MB|192.0.2.0/24|2001:db8::/32|a@b.example|-1", 0},
    {"signs", "{ } ( ) [ ] , = != < <= > >= <>", "{}()[],======0.", "", 0},
    {"signs without blanks", "a>=5)", "w=w).", "a|5", 0},
    {"string", "\"two words\"", "s.", "two words", 0},
    {"string with escapes", "\"a \\\"b\\\" \\\\ c\"", "s.", "a \"b\" \\ c", 0},
    {"string with a comment sign", "\"a # b\"", "s.", "a # b", 0},
    {"empty string", "\"\"", "s.", "", 0},
    {"wrong escape", "\"a\\n\"", "s.", "a\\n", 1},
    {"string without end", "\"abc\ndef", "sw.", "abc|def", 1},
    {"string ending in a backslash", "\"abc\\", "s.", "abc\\", 1},
    {"pattern", "/a b\\/c\\d/i", "p.", "a b/c\\d", 0},
    {"pattern without end", "/abc\n", "p.", "abc", 1},
    {"pattern with a wrong letter", "/abc/x", "p.", "abc", 1},
    {"list", "$partners", "$.", "partners", 0},
    {"list without name", "$ a", "$w.", "|a", 1},
    {"comment after a word", "abc#def", "w.", "abc", 0},
    {"twice equal", "a == b", "w=w.", "a|b", 1},
    {"and signs", "a && b", "w!w.", "a|b", 1},
    {"one error a sentence", "a && b || c", "w!w!w.", "a|b|c", 1},
    {"single quote", "'a", "!w.", "a", 1},
    {"curly quotes", "\xe2\x80\x9c", "!.", "", 1},
    {"letters of all the world",
     "b\xc3\xbc"
     "cher.example",
     "w.",
     "b\xc3\xbc"
     "cher.example",
     0},
    {"byte order mark",
     "\xef\xbb\xbf"
     "rule",
     "w.", "rule", 0},
    {"carriage returns", "a\r\nb\r\n", "ww.", "a|b", 0},
};

#define CASE_COUNT ((int)(sizeof(cases) / sizeof(cases[0])))

static bool has_text(enum token_kind kind)
{
    return kind == TOKEN_WORD || kind == TOKEN_STRING || kind == TOKEN_PATTERN ||
           kind == TOKEN_LIST;
}

START_TEST(test_tokens)
{
    struct arena *arena = arena_new();
    struct str kinds = STR_EMPTY, texts = STR_EMPTY;
    struct problems problems;
    struct lexer lexer;
    struct token token;

    problems_init(&problems, "t", span_of(cases[_i].text));
    ck_assert(lex_begin(&lexer, arena, span_of(cases[_i].text), &problems));
    do {
        lex_next(&lexer, &token);
        str_addc(&kinds, letters[token.kind]);
        if (has_text(token.kind) && texts.ptr != NULL)
            str_addc(&texts, '|');
        if (has_text(token.kind))
            str_add(&texts, token.text.len > 0 ? token.text : span_of(""));
    } while (token.kind != TOKEN_END && kinds.len < 100);
    ck_assert_msg(strcmp(str_cstr(&kinds), cases[_i].kinds) == 0, "%s: %s", cases[_i].name,
                  str_cstr(&kinds));
    ck_assert_msg(strcmp(str_cstr(&texts), cases[_i].texts) == 0, "%s: %s", cases[_i].name,
                  str_cstr(&texts));
    ck_assert_msg(problems.errors == cases[_i].errors, "%s: %zu errors", cases[_i].name,
                  problems.errors);
    str_clear(&kinds);
    str_clear(&texts);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

START_TEST(test_places)
{
    struct span text = SPAN("# first\n  rule \"x\"\n\tlist");
    static const struct place places[] = {{2, 3}, {2, 8}, {3, 2}, {3, 6}};
    struct arena *arena = arena_new();
    struct problems problems;
    struct lexer lexer;
    struct token token;

    problems_init(&problems, "t", text);
    lex_begin(&lexer, arena, text, &problems);
    for (size_t i = 0; i < 4; i++) {
        lex_next(&lexer, &token);
        ck_assert_uint_eq(token.place.line, places[i].line);
        ck_assert_uint_eq(token.place.column, places[i].column);
        ck_assert_int_eq(token.begins_line, i == 0 || i == 2);
    }
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

static const struct {
    const char *name;
    struct span text;
    uint32_t line, column;
} refused[] = {
    {"NUL", {"a\0b", 3}, 1, 2},           {"bell", {"a\n \x07", 4}, 2, 2},
    {"delete", {"\x7f", 1}, 1, 1},        {"latin 1", {"caf\xe9", 4}, 1, 4},
    {"cut off UTF-8", {"\xc3", 1}, 1, 1},
};

START_TEST(test_refused_bytes)
{
    struct arena *arena = arena_new();
    struct problems problems;
    struct lexer lexer;

    problems_init(&problems, "t", refused[_i].text);
    ck_assert_msg(!lex_begin(&lexer, arena, refused[_i].text, &problems), "%s",
                  refused[_i].name);
    ck_assert_uint_eq(problems.errors, 1);
    ck_assert_uint_eq(problems.list[0].line, refused[_i].line);
    ck_assert_uint_eq(problems.list[0].column, refused[_i].column);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

/* Items of a list end at a blank, a comma or a brace and at nothing else. */
START_TEST(test_items)
{
    struct span text = SPAN("c++ @example.com,$x (y) a#b =z \"q r\" # gone\n /a b/ } rest");
    static const char *const items[] = {"c++", "@example.com", "$x",  "(y)",
                                        "a#b", "=z",           "q r", "a b"};
    struct arena *arena = arena_new();
    struct problems problems;
    struct lexer lexer;
    struct token token;

    problems_init(&problems, "t", text);
    lex_begin(&lexer, arena, text, &problems);
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        lex_item(&lexer, true, &token);
        ck_assert_msg(span_is(token.text, items[i]), "%s: %.*s", items[i],
                      SPAN_ARG(token.text));
    }
    ck_assert_int_eq(token.kind, TOKEN_PATTERN);
    lex_item(&lexer, true, &token);
    ck_assert_int_eq(token.kind, TOKEN_CLOSE);
    ck_assert_uint_eq(problems.errors, 0);
    problems_clear(&problems);
    arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules/lex");
    TCase *tc = tcase_create("lex");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, test_tokens, 0, CASE_COUNT);
    tcase_add_test(tc, test_places);
    tcase_add_loop_test(tc, test_refused_bytes, 0, (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tc, test_items);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
