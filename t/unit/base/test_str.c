/* Growing strings, error texts and memory that cannot fail. */
#include "base/str.h"

#include "base/err.h"
#include "base/xalloc.h"
#include "t/lib/suite.h"

START_TEST(test_grow)
{
    struct str s = STR_EMPTY;

    ck_assert_str_eq(str_cstr(&s), "");
    ck_assert_uint_eq(str_span(&s).len, 0);
    for (int i = 0; i < 1000; i++)
        str_printf(&s, "%03d,", i);
    ck_assert_uint_eq(s.len, 4000);
    ck_assert(span_ends(str_span(&s), SPAN("998,999,")));
    str_truncate(&s, 5000);
    ck_assert_uint_eq(s.len, 4000);
    str_truncate(&s, 3);
    ck_assert_str_eq(str_cstr(&s), "000");
    str_add(&s, span_from("\0x", 2));
    ck_assert_uint_eq(s.len, 5);
    str_reset(&s);
    str_adds(&s, "a");
    str_addc(&s, 'b');
    ck_assert_str_eq(str_cstr(&s), "ab");
    str_clear(&s);
    ck_assert_uint_eq(s.cap, 0);
}
END_TEST

START_TEST(test_take)
{
    struct str s = STR_EMPTY;
    char *taken = str_take(&s);

    ck_assert_str_eq(taken, "");
    xfree(&taken);
    ck_assert_ptr_null(taken);
    xfree(&taken);
    str_adds(&s, "abc");
    taken = str_take(&s);
    ck_assert_str_eq(taken, "abc");
    ck_assert_str_eq(str_cstr(&s), "");
    xfree(&taken);
}
END_TEST

START_TEST(test_error_texts)
{
    struct err err = {.text = "old"};
    char longest[3000];

    ck_assert_int_eq(err_set(&err, "line %d: %s", 7, "wrong"), -1);
    ck_assert_str_eq(err.text, "line 7: wrong");
    ck_assert_int_eq(err_prefix(&err, "rules"), -1);
    ck_assert_str_eq(err.text, "rules: line 7: wrong");
    err_set(&err, "again %s", err.text);
    ck_assert_str_eq(err.text, "again rules: line 7: wrong");
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    err_set(&err, "%s", longest);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    ck_assert(span_ends(span_of(err.text), SPAN("x...")));
    err_prefix(&err, "%s", "p");
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    ck_assert(span_starts(span_of(err.text), SPAN("p: xxx")));
    err_reset(&err);
    ck_assert_str_eq(err.text, "");
    ck_assert_int_eq(err_set(NULL, "nobody reads it"), -1);
}
END_TEST

START_TEST(test_copies)
{
    char *a = xstrndup("abcdef", 3);
    char *b = xstrndup("ab", 30);
    char *c = xstrdup("");
    int *zeros = xcalloc(4, sizeof(*zeros));

    ck_assert_str_eq(a, "abc");
    ck_assert_str_eq(b, "ab");
    ck_assert_str_eq(c, "");
    ck_assert_int_eq(zeros[3], 0);
    xfree(&a);
    xfree(&b);
    xfree(&c);
    xfree(&zeros);
}
END_TEST

/* The process ends with status 1, whatever the allocator says. */
START_TEST(test_overflow_ends)
{
    volatile size_t huge = SIZE_MAX / 2;
    void *p = xcalloc(huge, 3);

    xfree(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("str");
    TCase *tcase = tcase_create("str");
    TCase *ending = tcase_create("ending");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, test_grow);
    tcase_add_test(tcase, test_take);
    tcase_add_test(tcase, test_error_texts);
    tcase_add_test(tcase, test_copies);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    if (srunner_fork_status(runner) == CK_FORK) { /* only a child may end */
        tcase_add_exit_test(ending, test_overflow_ends, 1);
        suite_add_tcase(suite, ending);
    }
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
