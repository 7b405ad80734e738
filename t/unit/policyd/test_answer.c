/* From an outcome to the line Postfix reads: above all, what must never become OK. */
#include <stdio.h>
#include "policyd/answer.h"

#include "t/lib/suite.h"

struct answer_case {
    const char *name;
    enum disposition disposition;
    int path;   /* 0: absent */
    int routed; /* -1: not known */
    const char *code, *text, *answer;
};

static const struct answer_case cases[] = {
    {"pass", DISPOSITION_PASS, PATH_STAGING, 0, "", "", "DUNNO"},
    {"relay on staging", DISPOSITION_PERMIT, PATH_STAGING, 0, "", "", "OK"},
    {"relay on submission", DISPOSITION_PERMIT, PATH_SUBMISSION, 0, "", "", "DUNNO"},
    {"relay on proxy", DISPOSITION_PERMIT, PATH_PROXY, 0, "", "", "DUNNO"},
    {"relay on release", DISPOSITION_PERMIT, PATH_RELEASE, 0, "", "", "DUNNO"},
    {"relay on a listener not ours", DISPOSITION_PERMIT, 0, 0, "", "", "DUNNO"},
    {"relay, source-routed", DISPOSITION_PERMIT, PATH_STAGING, 1, "", "", "DUNNO"},
    {"relay, not known whether routed", DISPOSITION_PERMIT, PATH_STAGING, -1, "", "", "DUNNO"},
    {"verify", DISPOSITION_VERIFY, PATH_PROXY, 0, "", "", "reject_unverified_recipient"},
    {"reject", DISPOSITION_REJECT, PATH_STAGING, 0, "5.7.1", "no relay",
     "550 5.7.1 no relay [CODE]"},
    {"loop", DISPOSITION_REJECT, PATH_STAGING, 0, "5.4.6", "loop", "554 5.4.6 loop [CODE]"},
    {"defer", DISPOSITION_DEFER, PATH_STAGING, 0, "4.3.0", "later", "451 4.3.0 later [CODE]"},
    {"no text", DISPOSITION_REJECT, PATH_STAGING, 0, "5.7.1", "", "550 5.7.1 refused [CODE]"},
    {"blanks only", DISPOSITION_DEFER, PATH_STAGING, 0, "4.7.1", " \t ",
     "451 4.7.1 try again later [CODE]"},
    {"no code", DISPOSITION_REJECT, PATH_STAGING, 0, "", "x", "550 5.7.1 x [CODE]"},
    {"digits only", DISPOSITION_REJECT, PATH_STAGING, 0, "5.7.1", "550",
     "550 5.7.1 550 [CODE]"},
    {"a bad code", DISPOSITION_REJECT, PATH_STAGING, 0, "9.9.9", "x",
     "451 4.3.0 9.9.9 x [CODE]"},
    {"line ends", DISPOSITION_REJECT, PATH_STAGING, 0, "5.7.1", "a\naction=OK\n\n",
     "550 5.7.1 a?action=OK [CODE]"},
    {"not of policy", DISPOSITION_QUARANTINE, PATH_STAGING, 0, "", "",
     "451 4.3.0 the rules gave no answer that fits here"},
};

START_TEST(test_answers)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct answer_case *c = &cases[i];
        struct facts *message = facts_new(), *recipient = facts_new();
        struct facts_view view = {message, recipient};
        struct outcome outcome = {
            .disposition = c->disposition, .rule = -1, .text = span_of(c->text)};
        struct str out = STR_EMPTY, expected = STR_EMPTY;

        snprintf(outcome.code, sizeof outcome.code, "%s", c->code);
        if (c->path != 0)
            facts_set_number(message, FACT_PATH, c->path);
        else
            facts_set_absent(message, FACT_PATH);
        if (c->routed >= 0)
            facts_set_number(recipient, FACT_RECIPIENT_ROUTED, c->routed);
        answer_write(&out, &outcome, &view, SPAN("CODE"));
        str_printf(&expected, "action=%s\n\n", c->answer);
        ck_assert_msg(span_equal(str_span(&out), str_span(&expected)), "%s: %s", c->name,
                      str_cstr(&out));
        str_clear(&out);
        str_clear(&expected);
        facts_free(&message);
        facts_free(&recipient);
    }
}
END_TEST

/* Postfix takes an empty answer, and one of digits alone, as a permit. */
START_TEST(test_never_a_permit_by_accident)
{
    static const char *const texts[] = {"", "550", " ", "\n", "0", "\x01"};
    struct facts *facts = facts_new();
    struct facts_view view = {facts, facts};

    for (int disposition = 0; disposition <= DISPOSITION_QUARANTINE + 1; disposition++) {
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            struct outcome outcome = {.disposition = (enum disposition)disposition,
                                      .rule = -1,
                                      .text = span_of(texts[i])};
            struct str out = STR_EMPTY;
            struct span action;

            answer_write(&out, &outcome, &view, SPAN(""));
            ck_assert(span_starts(str_span(&out), SPAN("action=")) &&
                      span_ends(str_span(&out), SPAN("\n\n")));
            action = span_from(out.ptr + 7, out.len - 9);
            ck_assert_uint_gt(action.len, 3);
            ck_assert_uint_lt(strspn(str_cstr(&out) + 7, "0123456789"), action.len);
            ck_assert(!span_is(action, "OK") && memchr(action.ptr, '\n', action.len) == NULL);
            str_clear(&out);
        }
    }
    facts_free(&facts);
}
END_TEST

START_TEST(test_long_text)
{
    struct outcome outcome = {.disposition = DISPOSITION_REJECT, .rule = -1, .code = "5.7.1"};
    struct facts *facts = facts_new();
    struct facts_view view = {facts, facts};
    struct str text = STR_EMPTY, out = STR_EMPTY;

    for (int i = 0; i < 10000; i++)
        str_addc(&text, 'x');
    outcome.text = str_span(&text);
    answer_write(&out, &outcome, &view, SPAN("M7K2-9QF4-T3WX"));
    ck_assert_uint_lt(out.len,
                      480); /* RFC 5321: 512 with CR LF, and Postfix adds words of its own */
    ck_assert(span_ends(str_span(&out), SPAN(" [M7K2-9QF4-T3WX]\n\n")));
    str_clear(&text);
    str_clear(&out);
    facts_free(&facts);
}
END_TEST

START_TEST(test_later)
{
    struct str out = STR_EMPTY;

    answer_later(&out, "no rules are in force yet");
    answer_dunno(&out);
    ck_assert_str_eq(str_cstr(&out),
                     "action=451 4.3.0 no rules are in force yet\n\naction=DUNNO\n\n");
    str_clear(&out);
}
END_TEST

SUITE_MAIN("policy answer", test_answers, test_never_a_permit_by_accident, test_long_text,
           test_later)
