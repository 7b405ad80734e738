/* Patterns: what matches, what is refused with which words, bytes that are no UTF-8, several threads. */
#include <check.h>
#include <pthread.h>

#include "rules/pattern.h"

static const struct {
    const char *pattern;
    bool ignore_case;
    struct span text;
    bool matches;
} matches[] = {
    {"invoice", false, {"your invoice", 12}, true},
    {"invoice", false, {"your Invoice", 12}, false},
    {"invoice", true, {"your INVOICE", 12}, true},
    {"^invoice$", false, {"invoice", 7}, true},
    {"^invoice$", false, {"invoices", 8}, false},
    {"a.c",
     false,
     {"a\xc3\xa4"
      "c",
      4},
     true},                                    /* one character, not one byte */
    {"\xc3\xa4", true, {"\xc3\x84", 2}, true}, /* the case of all letters */
    {"a.c",
     false,
     {"a\xff"
      "c",
      3},
     true}, /* a byte that is no UTF-8 becomes one character */
    {"a\\x00c", false, {"a\0c", 3}, true},
    {"^a+$", false, {"", 0}, false},
    {"x{2,3}y", false, {"axxy", 4}, true},
    {"x{2}[xy]{1,98}z", false, {"xxyz", 4}, true},
    {"(cat|dog)s?", false, {"hotdogs", 7}, true},
    {"\\bfree\\b", true, {"Free!", 5}, true},
    {"[(?=]", false, {"=", 1}, true},                     /* in brackets it is no lookahead */
    {"^\\p{L}+$", false, {"\xc3\xa4\xce\xb1z", 5}, true}, /* letters of all alphabets */
    {"a\\++b", false, {"a++b", 4}, true},                 /* nor is this possessive */
};

START_TEST(test_matches)
{
    struct pattern_source source = {span_of(matches[_i].pattern), matches[_i].ignore_case};
    struct err err = {""};
    size_t at = 9;
    struct patterns *patterns = patterns_compile(&source, 1, &at, &err);

    ck_assert_msg(patterns != NULL, "%s: %s", matches[_i].pattern, err.text);
    ck_assert_msg(patterns_match(patterns, matches[_i].text, &at) == matches[_i].matches, "%s",
                  matches[_i].pattern);
    patterns_free(&patterns);
    ck_assert(patterns == NULL);
}
END_TEST

static const struct {
    const char *pattern, *words; /* of the error */
} refused[] = {
    {"a(?=b)", "lookahead"},
    {"a(?!b)", "lookahead"},
    {"(?<=a)b", "lookbehind"},
    {"(?<!a)b", "lookbehind"},
    {"(a)\\1", "backreferences"},
    {"(?P<x>a)(?P=x)", "backreferences"},
    {"(a)\\k<1>", "backreferences"},
    {"(?>a)b", "atomic"},
    {"a++b", "possessive"},
    {"(?R)", "recursion"},
    {"a*", "empty text"},
    {"(a|)", "empty text"},
    {"", "empty"},
    {"(a", "no pattern"},
    {"[a", "no pattern"},
    {"a{3", NULL},
    {"a{9,1}", "no pattern"},
    {"*a", "no pattern"},
    {"\\pL{1,50}", "too long to prepare"},
    {"le.{1,101}49", "too long to prepare"},
    {"le.{4294967297}49", "too long to prepare"},
    {"[a-z]{60}x[0-9]{1,41}", "too long to prepare"},
    {"[\\p{L}0-9]{2}", "too long to prepare"},
    {"\\pL\\pL\\pL\\pL\\pL", "too long to prepare"},
    {"(*UCP)\\w{3,9}", "not possible"},
};

START_TEST(test_refused)
{
    struct pattern_source sources[2] = {{SPAN("good"), false},
                                        {span_of(refused[_i].pattern), false}};
    struct err err = {""};
    size_t failed = 9;
    struct patterns *patterns = patterns_compile(sources, 2, &failed, &err);

    if (refused[_i].words == NULL) { /* a brace that counts nothing is a brace */
        ck_assert(patterns != NULL);
        patterns_free(&patterns);
        return;
    }
    ck_assert_msg(patterns == NULL, "%s is taken", refused[_i].pattern);
    ck_assert_msg(strstr(err.text, refused[_i].words) != NULL, "%s: %s", refused[_i].pattern,
                  err.text);
    ck_assert_uint_eq(failed, 1);
}
END_TEST

START_TEST(test_which)
{
    struct pattern_source sources[] = {
        {SPAN("casino"), true}, {SPAN("lottery"), true}, {SPAN("prince"), true}};
    size_t which = 9, failed;
    struct patterns *patterns = patterns_compile(sources, 3, &failed, NULL);

    ck_assert(patterns_match(patterns, SPAN("The Lottery of the year"), &which));
    ck_assert_uint_eq(which, 1);
    ck_assert(!patterns_match(patterns, SPAN("nothing"), &which));
    ck_assert(patterns_match(patterns, SPAN("a prince"), NULL));
    patterns_free(&patterns);
}
END_TEST

static void *match_often(void *arg)
{
    const struct patterns *patterns = arg;
    size_t wrong = 0;

    for (int i = 0; i < 2000; i++)
        wrong += !patterns_match(patterns, SPAN("all about a casino"), NULL) +
                 patterns_match(patterns, SPAN("all about a house"), NULL);
    return (void *)(uintptr_t)wrong;
}

START_TEST(test_threads)
{
    struct pattern_source source = {SPAN("cas[iy]no"), true};
    size_t failed;
    struct patterns *patterns = patterns_compile(&source, 1, &failed, NULL);
    pthread_t threads[12];
    void *wrong;

    for (size_t i = 0; i < 12; i++)
        ck_assert(pthread_create(&threads[i], NULL, match_often, patterns) == 0);
    for (size_t i = 0; i < 12; i++) {
        pthread_join(threads[i], &wrong);
        ck_assert(wrong == NULL);
    }
    patterns_free(&patterns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules/pattern");
    TCase *tc = tcase_create("pattern");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, test_matches, 0, (int)(sizeof(matches) / sizeof(matches[0])));
    tcase_add_loop_test(tc, test_refused, 0, (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tc, test_which);
    tcase_add_test(tc, test_threads);
    tcase_set_timeout(tc, 60);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
