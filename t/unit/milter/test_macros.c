/* test_macros.c - what Postfix says with each step as facts, the path of a listener, and what is agreed on at the beginning. */
#include <stdlib.h>
#include "base/ipnet.h"
#include "milter/callbacks.h"
#include "milter/macros.h"
#include "milter/reply.h"
#include "t/lib/fake_libmilter.h"
#include "t/lib/log_capture.h"
#include "t/lib/suite.h"

START_TEST(test_facts)
{
    static const struct {
        const char *macro, *value;
        enum stage stage;
        enum fact_id fact;
        const char *want; /* as rules write it */
    } cases[] = {
        {"{client_name}", "Mail.Example.", STAGE_CONNECT, FACT_CLIENT_NAME, "\"mail.example\""},
        {"{client_name}", "unknown", STAGE_CONNECT, FACT_CLIENT_NAME, "absent"},
        {"{client_name}", "", STAGE_CONNECT, FACT_CLIENT_NAME, "absent"},
        {"{client_name}", "a b", STAGE_CONNECT, FACT_CLIENT_NAME, "absent"},
        {"{client_ptr}",
         "b\xc3\xbc"
         "cher.example",
         STAGE_CONNECT, FACT_CLIENT_REVERSE_NAME, "\"xn--bcher-kva.example\""},
        {"{daemon_addr}", "192.0.2.1", STAGE_CONNECT, FACT_LISTENER_IP, "192.0.2.1"},
        {"{daemon_addr}", "2001:DB8::1", STAGE_CONNECT, FACT_LISTENER_IP, "2001:db8::1"},
        {"{daemon_addr}", "somewhere", STAGE_CONNECT, FACT_LISTENER_IP, "absent"},
        {"{daemon_port}", "25", STAGE_CONNECT, FACT_LISTENER_PORT, "25"},
        {"{daemon_port}", "65536", STAGE_CONNECT, FACT_LISTENER_PORT, "absent"},
        {"{daemon_port}", "-1", STAGE_CONNECT, FACT_LISTENER_PORT, "absent"},
        {"{auth_authen}", "anna", STAGE_MAIL, FACT_AUTH_USER, "\"anna\""},
        {"{auth_authen}", "", STAGE_MAIL, FACT_AUTH_USER, "absent"},
        {"{auth_type}", "PLAIN", STAGE_MAIL, FACT_AUTH_METHOD, "\"PLAIN\""},
        {"{auth_type}", "XCLIENT", STAGE_MAIL, FACT_AUTH_METHOD, "absent"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct smfi_str ctx = {.macros = {{cases[i].macro, cases[i].value}}};
        struct facts *facts = facts_new();
        struct str text = STR_EMPTY;

        macros_learn(&ctx, cases[i].stage, facts);
        fact_print(&text, cases[i].fact, facts_get(facts, cases[i].fact));
        ck_assert_msg(strcmp(str_cstr(&text), cases[i].want) == 0, "%s=%s: %s", cases[i].macro,
                      cases[i].value, str_cstr(&text));
        str_clear(&text);
        facts_free(&facts);
    }
}
END_TEST

/* A stage sets all of its facts, and no other's. */
START_TEST(test_stages)
{
    struct smfi_str ctx = {.macros = {{"{auth_authen}", "anna"}, {"{auth_type}", "xclient"}}};
    struct facts *facts = facts_new();

    macros_learn(&ctx, STAGE_CONNECT, facts);
    ck_assert_int_eq(facts_get(facts, FACT_CLIENT_NAME)->state, FACT_ABSENT);
    ck_assert_int_eq(facts_get(facts, FACT_LISTENER_PORT)->state, FACT_ABSENT);
    ck_assert_int_eq(facts_get(facts, FACT_AUTH_USER)->state, FACT_PENDING);
    macros_learn(&ctx, STAGE_MAIL, facts); /* a login that another host claims */
    ck_assert_int_eq(facts_get(facts, FACT_AUTH_USER)->state, FACT_ABSENT);
    facts_free(&facts);
}
END_TEST

START_TEST(test_path)
{
    static const struct {
        const char *name, *client, *client_port, *daemon_port;
        int want;
    } cases[] = {
        {"postgate-proxy", "192.0.2.1", "4000", "25", PATH_PROXY},
        {"postgate-staging", "192.0.2.1", "4000", "25", PATH_STAGING},
        {"postgate-submission", "192.0.2.1", "4000", "587", PATH_SUBMISSION},
        {"postgate-release", "127.0.0.1", "4000", "10026", PATH_RELEASE},
        {"smtpd", "192.0.2.1", "4000", "25", 0},
        {"", "192.0.2.1", "4000", "25", 0},
        {"postgate-", "192.0.2.1", "4000", "25", 0},
        {"cleanup", "127.0.0.1", "0", "0", PATH_LOCAL},
        {"cleanup", "127.0.0.2", "0", "0", 0},
        {"cleanup", "::1", "0", "0", 0},
        {"cleanup", NULL, "0", "0", 0},
        {"cleanup", "127.0.0.1", "4000", "0", 0},
        {"cleanup", "127.0.0.1", "0", "25", 0},
        {"postgate-proxy", NULL, "0", "0", PATH_PROXY},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct smfi_str ctx = {.macros = {{"{daemon_name}", cases[i].name},
                                          {"{client_port}", cases[i].client_port},
                                          {"{daemon_port}", cases[i].daemon_port}}};
        struct ip ip;
        bool has_ip = cases[i].client != NULL && ip_parse(span_of(cases[i].client), &ip);
        int path = (int)macros_path(&ctx, has_ip ? &ip : NULL);

        ck_assert_msg(path == cases[i].want, "%s from %s: %d", cases[i].name, cases[i].client,
                      path);
    }
}
END_TEST

START_TEST(test_names)
{
    struct smfi_str ctx = {
        .macros = {{"i", "4XYZ"}, {"{mail_addr}", "a@b"}, {"{rcpt_addr}", "c@d"}}};
    struct smfi_str none = {0};

    ck_assert_str_eq(macros_queue_id(&ctx), "4XYZ");
    ck_assert_str_eq(macros_queue_id(&none), "");
    ck_assert_str_eq(macros_sender(&ctx), "a@b");
    ck_assert_ptr_null(macros_sender(&none));
    ck_assert_str_eq(macros_recipient(&ctx), "c@d");
    ck_assert_ptr_null(macros_recipient(&none));
    ck_assert_int_eq(macros_request(&ctx), 0);
    ctx.fails = 1;
    ck_assert_int_eq(macros_request(&ctx), -1);
}
END_TEST

/* The same with every MTA that offers enough; one that offers less is refused, with a word in the log. */
START_TEST(test_negotiation)
{
    struct smfi_str ctx = {0};
    struct gate gate = {0};
    unsigned long actions = 0, steps = 0, unused[2] = {1, 1}, first_actions;
    struct err err;

    ck_assert_int_eq(callbacks_register(&gate, &err), 0);
    log_capture_begin();
    ck_assert_int_eq(fake_callbacks.xxfi_negotiate(&ctx, 0x1ff, 0x1fffff, 0, 0, &actions,
                                                   &steps, &unused[0], &unused[1]),
                     SMFIS_CONTINUE);
    ck_assert_uint_eq(unused[0] + unused[1], 0);
    first_actions = actions;
    ck_assert_uint_eq(steps & (SMFIP_NR_RCPT | SMFIP_NORCPT | SMFIP_NOBODY | SMFIP_NOHDRS), 0);
    ck_assert_int_eq(fake_callbacks.xxfi_negotiate(&ctx, ~0UL, ~0UL, 0, 0, &actions, &steps,
                                                   &unused[0], &unused[1]),
                     SMFIS_CONTINUE);
    ck_assert_uint_eq(actions, first_actions);
    ck_assert_str_eq(log_capture_text(), "");
    ck_assert_int_eq(fake_callbacks.xxfi_negotiate(&ctx, 0x1f, 0x7f, 0, 0, &actions, &steps,
                                                   &unused[0], &unused[1]),
                     SMFIS_REJECT);
    ck_assert_ptr_nonnull(strstr(log_capture_text(), "milter_protocol = 6"));
    ctx.fails = 1; /* macros refused */
    ck_assert_int_eq(fake_callbacks.xxfi_negotiate(&ctx, 0x1ff, 0x1fffff, 0, 0, &actions,
                                                   &steps, &unused[0], &unused[1]),
                     SMFIS_REJECT);
}
END_TEST

START_TEST(test_replies)
{
    static const struct {
        struct answer answer;
        sfsistat at_rcpt, at_end;
        const char *reply, *change;
    } cases[] = {
        {{.kind = ANSWER_CONTINUE}, SMFIS_CONTINUE, SMFIS_ACCEPT, "", ""},
        {{ANSWER_REJECT, 550, "5.7.1", "no [C]"},
         SMFIS_REJECT,
         SMFIS_REJECT,
         "550 5.7.1 no [C]",
         ""},
        {{ANSWER_DEFER, 451, "4.7.1", "50% %s %n"},
         SMFIS_TEMPFAIL,
         SMFIS_TEMPFAIL,
         "451 4.7.1 50%% %%s %%n",
         ""},
        {{.kind = ANSWER_DISCARD}, SMFIS_DISCARD, SMFIS_DISCARD, "", ""},
        {{.kind = ANSWER_HOLD, .text = "look"},
         SMFIS_CONTINUE,
         SMFIS_ACCEPT,
         "",
         "hold 0 look:"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct smfi_str rcpt = {0}, end = {0}, failing = {.fails = 1};
        ck_assert_int_eq(reply_send(&rcpt, &cases[i].answer), cases[i].at_rcpt);
        ck_assert_str_eq(rcpt.reply, cases[i].reply);
        ck_assert_int_eq(rcpt.change_count, 0);
        ck_assert_int_eq(reply_end(&end, &cases[i].answer), cases[i].at_end);
        ck_assert_str_eq(end.reply, cases[i].reply);
        ck_assert_str_eq(end.changes[0], cases[i].change);
        if (cases[i].answer.kind == ANSWER_HOLD)
            ck_assert_int_eq(reply_end(&failing, &cases[i].answer), SMFIS_TEMPFAIL);
    }
}
END_TEST

/* A text that libmilter does not take is said in the log; the status stands. */
START_TEST(test_refused_reply)
{
    const struct answer answer = {ANSWER_REJECT, 550, "5.7.1", "two\r\nlines"};
    struct smfi_str ctx = {0};

    log_capture_begin();
    ck_assert_int_eq(reply_send(&ctx, &answer), SMFIS_REJECT);
    ck_assert_ptr_nonnull(strstr(log_capture_text(), "libmilter refused the reply 550 5.7.1"));
}
END_TEST

SUITE_MAIN("milter/macros", test_facts, test_stages, test_path, test_names, test_negotiation,
           test_replies, test_refused_reply)
