/* test_limits.c - messages made to cost too much, through a real worker: each gives facts in good time, and says that the list of
 * attachments is not whole. None fails: a sender must not be able to have a message deferred for ever. */
#include <stdio.h>
#include "base/clock.h"
#include "t/lib/pool_client.h"
#include "t/lib/suite.h"

#define HEAD         "From: a@b.example\r\nMIME-Version: 1.0\r\n"
#define IN_MS        15000 /* generous: sanitizers, two cores for all */
#define TIMES(count) for (int i = 0; i < (count); i++)

static void many_parts(struct str *out)
{
    str_adds(out, HEAD "Content-Type: multipart/mixed; boundary=x\r\n\r\n");
    TIMES(200000)
    str_adds(out, "--x\r\n\r\na\r\n");
}

static void many_boundary_lines(struct str *out)
{
    str_adds(out, HEAD "Content-Type: multipart/mixed; boundary=x\r\n\r\n");
    TIMES(500000)
    str_adds(out, "--x\r\n");
}

static void many_parameters(struct str *out)
{
    str_adds(out, HEAD "Content-Type: text/plain");
    TIMES(100000)
    str_printf(out, ";\r\n a%d=b", i);
    str_adds(out, "\r\n\r\nx\r\n");
}

static void many_pieces(struct str *out)
{
    str_adds(out, HEAD "Content-Disposition: attachment");
    TIMES(100000)
    str_printf(out, ";\r\n filename*%d=b", i);
    str_adds(out, "\r\n\r\nx\r\n");
}

static void many_headers(struct str *out)
{
    str_adds(out, HEAD "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n");
    TIMES(100000)
    str_printf(out, "X-%d: y\r\n", i);
    str_adds(out, "\r\nx\r\n--x--\r\n");
}

static void one_long_header(struct str *out)
{
    str_adds(out, HEAD "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nX-Long: ");
    TIMES(300000)
    str_adds(out, "0123456789");
    str_adds(out, "\r\n\r\nx\r\n--x--\r\n");
}

static void many_from(struct str *out)
{
    str_adds(out, "From: a@b.example");
    TIMES(20000)
    str_printf(out, ",\r\n a%d@b.example", i);
    str_adds(out, "\r\n\r\nx\r\n");
}

static void deep_groups(struct str *out)
{
    str_adds(out, "From: ");
    TIMES(100000)
    str_adds(out, "g:");
    str_adds(out, "\r\n\r\nx\r\n");
}

static void deep_groups_inside(struct str *out)
{
    str_adds(out, HEAD "Content-Type: message/rfc822\r\n\r\nResent-Bcc : ");
    TIMES(100000)
    str_adds(out, "g:");
    str_adds(out, "\r\n\r\nx\r\n");
}

static void deep_comments(struct str *out)
{
    str_adds(out, "From: ");
    TIMES(50000)
    str_adds(out, "(");
    str_adds(out, " a@b.example\r\nContent-Type: text/plain ");
    TIMES(50000)
    str_adds(out, "(");
    str_adds(out, "\r\n\r\nx\r\n");
}

static void deep_multiparts(struct str *out)
{
    str_adds(out, HEAD);
    TIMES(5000)
    str_printf(out, "Content-Type: multipart/mixed; boundary=x%d\r\n\r\n--x%d\r\n", i, i);
    str_adds(out, "\r\nx\r\n");
}

static void deep_messages(struct str *out)
{
    TIMES(5000)
    str_adds(out, "Content-Type: message/rfc822\r\n\r\n");
    str_adds(out, HEAD "\r\nx\r\n");
}

static void many_words(struct str *out)
{
    str_adds(out, "From: a@b.example\r\nSubject:");
    TIMES(20000)
    str_adds(out, "\r\n =?utf-7?q?+AC4-?=");
    str_adds(out, "\r\n\r\nx\r\n");
}

static void many_uu_files(struct str *out)
{
    str_adds(out, "From: a@b.example\r\n\r\n");
    TIMES(50000)
    str_printf(out, "begin 644 a%d.exe\r\n#34I0\r\n`\r\nend\r\n", i);
}

static void many_long_names(struct str *out)
{
    str_adds(out, HEAD "Content-Type: multipart/mixed; boundary=x\r\n\r\n");
    TIMES(1900)
    {
        str_adds(out, "--x\r\nContent-Disposition: attachment; filename=\"");
        for (int j = 0; j < 300; j++)
            str_printf(out, "%07d", i);
        str_adds(out, ".exe\"\r\n\r\nx\r\n");
    }
}

static const struct size_case {
    const char *name;
    void (*make)(struct str *out);
    bool is_whole; /* nothing need be missing */
} cases[] = {
    {"200,000 parts", many_parts, false},
    {"500,000 boundary lines", many_boundary_lines, false},
    {"100,000 parameters", many_parameters, false},
    {"100,000 pieces of a name", many_pieces, false},
    {"100,000 headers in a part", many_headers, true},
    {"a header of 3 MB in a part", one_long_header, true},
    {"20,000 authors", many_from, false},
    {"100,000 groups in groups", deep_groups, false},
    {"100,000 groups in groups of a message inside", deep_groups_inside, false},
    {"50,000 comments in comments", deep_comments, true},
    {"5,000 multiparts deep", deep_multiparts, false},
    {"5,000 messages deep", deep_messages, false},
    {"20,000 encoded words", many_words, true},
    {"50,000 files in the text", many_uu_files, false},
    {"1,900 names of 2,100 bytes", many_long_names, false},
};

START_TEST(test_size)
{
    const struct size_case *c = &cases[_i];
    struct pool *pool = pool_client_start(HONEST, 1, 100, 20000);
    struct str message = STR_EMPTY;
    struct pool_result result;
    int64_t begun;

    c->make(&message);
    begun = clock_mono_ms();
    pool_client_inspect(pool, str_span(&message), &result);
    ck_assert_msg(result.facts != NULL, "%s: %s", c->name, result.failure);
    ck_assert_msg(clock_mono_ms() - begun < IN_MS, "%s took %d ms", c->name,
                  (int)(clock_mono_ms() - begun));
    ck_assert_msg(facts_records(result.facts, RECORD_ATTACHMENT)->is_incomplete || c->is_whole,
                  "%s: the list is said to be whole", c->name);
    if (getenv("VERBOSE") != NULL)
        fprintf(stderr, "%s: %d ms\n", c->name, (int)(clock_mono_ms() - begun));
    facts_free(&result.facts);
    str_clear(&message);
    pool_stop(&pool);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inspect/limits");
    TCase *tcase = tcase_create("limits");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_size, 0, (int)COUNT_OF(cases));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
