/* test_answer.c - what the MTA is told. */
#include "milter/answer.h"
#include "t/lib/suite.h"

START_TEST(test_refusals)
{
    static const struct {
        const char *dsn;
        int smtp, want_smtp;
        enum answer_kind kind;
    } cases[] = {
        {"5.7.1", 0, 550, ANSWER_REJECT},
        {"5.4.6", 0, 554, ANSWER_REJECT},
        {"4.3.0", 0, 451, ANSWER_DEFER},
        {"4.3.2", 421, 421, ANSWER_DEFER},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answer answer;
        answer_refuse(&answer, cases[i].smtp, cases[i].dsn, "why", "M7K2-9QF4-T3WX");
        ck_assert_int_eq(answer.kind, cases[i].kind);
        ck_assert_int_eq(answer.smtp, cases[i].want_smtp);
        ck_assert_str_eq(answer.text, "why [M7K2-9QF4-T3WX]");
    }
}
END_TEST

START_TEST(test_text_cannot_break_the_reply)
{
    char long_text[2000];
    struct answer answer;

    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    answer_refuse(&answer, 0, "5.7.1", long_text, "M7K2-9QF4-T3WX");
    ck_assert_uint_le(strlen(answer.text), ANSWER_TEXT_MAX);
    ck_assert_ptr_nonnull(strstr(answer.text, "[M7K2-9QF4-T3WX]"));
    answer_refuse(&answer, 0, "5.7.1", "a\r\n250 ok\xff", "");
    ck_assert_ptr_null(strchr(answer.text, '\r'));
    ck_assert_ptr_null(strchr(answer.text, '\n'));
}
END_TEST

START_TEST(test_dispositions)
{
    static const struct {
        enum disposition disposition;
        enum answer_kind kind;
    } cases[] = {
        {DISPOSITION_DELIVER, ANSWER_CONTINUE}, {DISPOSITION_REJECT, ANSWER_REJECT},
        {DISPOSITION_DEFER, ANSWER_DEFER},      {DISPOSITION_DISCARD, ANSWER_DISCARD},
        {DISPOSITION_HOLD, ANSWER_HOLD},        {DISPOSITION_QUARANTINE, ANSWER_DISCARD},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct answer answer;
        answer_outcome(&answer, cases[i].disposition, NULL, "M7K2-9QF4-T3WX");
        ck_assert_int_eq(answer.kind, cases[i].kind);
    }
}
END_TEST

SUITE_MAIN("milter/answer", test_refusals, test_text_cannot_break_the_reply, test_dispositions)
