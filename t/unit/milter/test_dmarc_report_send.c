/* test_dmarc_report_send.c - a report on its way to a Postfix that answers as it likes, and what is remembered of it. */
#include <stdio.h>
#include "base/file.h"
#include "milter/dmarc_report_send.h"
#include "milter/releases.h"
#include "t/lib/smtp_server.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define TEXT "Subject: report\r\n\r\n.body\r\n"
/* clang-format off */
#define GREETING {NULL, "220 hello\r\n", 0}, {"EHLO ", "250 PIPELINING\r\n", 0}, {"MAIL FROM:<>\r\n", "250 ok\r\n", 0}
#define ONE      {"RCPT TO:<one@a.example>\r\n", "250 ok\r\n", 0}
#define TWO      {"RCPT TO:<two@b.example>\r\n", "250 ok\r\n", 0}
#define DATA     {"DATA\r\n", "354 go on\r\n", 0}
/* clang-format on */

static const uint8_t key[32] = {9};
static const struct report_target targets[] = {{SPAN("one@a.example"), 0},
                                               {SPAN("two@b.example"), 0}};
static const struct report_letter letter = {"a.example", targets, 2, SPAN(TEXT)};
static char dir[200], listener[240];
static const struct settings settings = {.release_listener = listener};
static struct gate gate = {.settings = &settings};
static struct sent *sent;
static struct str refused, heard;
static struct err err;

static void begin(void)
{
    char path[240];

    temp_dir_make(dir);
    snprintf(path, sizeof path, "%s/milter", dir);
    ck_assert_int_eq(file_make_dir(path, 0700, &err), 0);
    snprintf(listener, sizeof listener, "unix:%s/s", dir);
    gate.releases = releases_new(key);
    err_reset(&err);
    sent = sent_open(dir, 20000, &err);
    ck_assert_ptr_nonnull(sent);
}

static void end(void)
{
    sent_close(&sent);
    releases_free(&gate.releases);
    str_clear(&refused);
    str_clear(&heard);
    temp_dir_remove(dir);
}

START_TEST(test_outcomes)
{
    static const struct {
        const char *name;
        struct smtp_step steps[9];
        enum report_outcome outcome;
        enum report_sent state;
        const char *why, *refused;
    } cases[] = {
        {"taken",
         {GREETING,
          ONE,
          TWO,
          DATA,
          {".", "250 2.0.0 Ok: queued as 4XYZ\r\n", 0},
          {"QUIT", "221 bye\r\n", 0}},
         REPORT_DONE,
         REPORT_SENT,
         "",
         ""},
        {"one of two taken",
         {GREETING,
          {"RCPT", "550 5.1.1 nobody\r\n", 0},
          TWO,
          DATA,
          {".", "250 ok\r\n", 0},
          {"QUIT", "221 bye\r\n", 0}},
         REPORT_DONE,
         REPORT_SENT,
         "",
         "one@a.example: Postfix said 550 5.1.1 nobody"},
        {"none taken",
         {GREETING, {"RCPT", "550 no\r\n", 0}, {"RCPT", "450 later\r\n", 0}},
         REPORT_FAILED,
         REPORT_NOT_SENT,
         "took no recipient",
         "two@b.example: Postfix said 450"},
        {"not greeted",
         {{NULL, "554 5.7.1 not you\r\n", 0}},
         REPORT_FAILED,
         REPORT_NOT_SENT,
         "release_listener = unix:",
         ""},
        {"lost at a recipient",
         {GREETING, {"RCPT", NULL, true}},
         REPORT_FAILED,
         REPORT_NOT_SENT,
         "closed",
         ""},
        {"DATA refused",
         {GREETING, ONE, TWO, {"DATA", "451 full\r\n", 0}},
         REPORT_FAILED,
         REPORT_NOT_SENT,
         "451 full",
         ""},
        {"refused at its end",
         {GREETING, ONE, TWO, DATA, {".", "554 5.4.6 loop\r\n", 0}},
         REPORT_FAILED,
         REPORT_NOT_SENT,
         "554 5.4.6 loop",
         ""},
        {"deferred at its end",
         {GREETING, ONE, TWO, DATA, {".", "451 4.3.0 later\r\n", 0}},
         REPORT_FAILED,
         REPORT_NOT_SENT,
         "451 4.3.0 later",
         ""},
        {"lost behind the dot",
         {GREETING, ONE, TWO, DATA, {".", NULL, true}},
         REPORT_UNKNOWN,
         REPORT_SENDING,
         "closed",
         ""},
        {"no answer at all",
         {GREETING, ONE, TWO, DATA, {".", "what?\r\n", 0}},
         REPORT_UNKNOWN,
         REPORT_SENDING,
         "not an SMTP reply",
         ""},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin();
        struct smtp_server *server = smtp_server_start(listener + 5, cases[i].steps);
        enum report_outcome outcome = report_send(&gate, &letter, sent, &refused, &err);
        ck_assert_msg(smtp_server_end(&server, NULL), "%s: steps", cases[i].name);
        ck_assert_msg(outcome == cases[i].outcome, "%s: %d %s", cases[i].name, (int)outcome,
                      err.text);
        ck_assert_msg(sent_state(sent, "a.example") == cases[i].state, "%s", cases[i].name);
        ck_assert_msg(strstr(err.text, cases[i].why) != NULL, "%s: %s", cases[i].name,
                      err.text);
        ck_assert_msg(strstr(str_cstr(&refused), cases[i].refused) != NULL, "%s: %s",
                      cases[i].name, str_cstr(&refused));
        end();
    }
}
END_TEST

/* A mark in front, then the message as it is. */
START_TEST(test_mark)
{
    static const struct smtp_step steps[] = {
        GREETING, {"RCPT", "550 no\r\n", 0}, TWO,
        DATA,     {".", "250 ok\r\n", 0},    {"QUIT", "221 bye\r\n", 0},
        {0}};
    const char *text;

    begin();
    struct smtp_server *server = smtp_server_start(listener + 5, steps);
    ck_assert_int_eq(report_send(&gate, &letter, sent, &refused, &err), REPORT_DONE);
    ck_assert(smtp_server_end(&server, &heard));
    text = strstr(str_cstr(&heard), "DATA\r\nX-Postgate-Release: v1; id=report-");
    ck_assert_ptr_nonnull(text);
    text = strstr(text + 6, "\r\n") + 2;
    ck_assert_str_eq(text, "Subject: report\r\n\r\n..body\r\n.\r\nQUIT\r\n");
    end();
}
END_TEST

/* It must be on the disk that it may have been sent, before it can be. */
START_TEST(test_not_noted)
{
    static const struct smtp_step steps[] = {GREETING, ONE, TWO, DATA, {"X-Post", NULL, 0},
                                             {0}};
    char path[300];

    begin();
    sent_close(&sent);
    snprintf(path, sizeof path, "%s/milter/dmarc-reports/20241004", dir);
    ck_assert_int_eq(remove(path), 0);
    sent = sent_open(dir, 20000, &err);
    ck_assert_ptr_nonnull(sent);
    sent_close(&sent);
    sent = sent_read(dir, 20000, &err); /* cannot be written to */
    struct smtp_server *server = smtp_server_start(listener + 5, steps);
    ck_assert_int_eq(report_send(&gate, &letter, sent, &refused, &err), REPORT_FAILED);
    ck_assert(smtp_server_end(&server, &heard));
    ck_assert_ptr_null(strstr(str_cstr(&heard), "\r\n.\r\n"));
    ck_assert_msg(strstr(err.text, "cannot be noted") != NULL, "%s", err.text);
    end();
}
END_TEST

SUITE_MAIN("milter/dmarc_report_send", test_outcomes, test_mark, test_not_noted)
