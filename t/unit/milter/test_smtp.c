/* test_smtp.c - the client for releases against servers that behave, break off, say no, or never come to an end. */
#include <stdlib.h>
#include "milter/smtp.h"
#include "t/lib/set_clock.h"
#include "t/lib/smtp_server.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define GREETING                                                                               \
    {NULL, "220 mx ESMTP\r\n", 0},                                                             \
    {                                                                                          \
        "EHLO postgate-release\r\n", "250-mx\r\n250 8BITMIME\r\n", 0                           \
    }

static char dir[200];
static struct err err;
static struct smtp_server *server;

static struct smtp *begin(const struct smtp_step *steps)
{
    struct socket_address address = {.is_unix = true};

    snprintf(address.path, sizeof address.path, "%.90s/s", temp_dir_make(dir));
    server = smtp_server_start(address.path, steps);
    err_reset(&err);
    return smtp_open(&address, &err);
}

static void end(struct smtp **smtp, struct str *heard_r)
{
    smtp_close(smtp);
    ck_assert(smtp_server_end(&server, heard_r));
    temp_dir_remove(dir);
}

/* A line again and again. Freed by the caller. */
static char *repeated(const char *line, int count)
{
    struct str text = STR_EMPTY;

    while (count-- > 0)
        str_adds(&text, line);
    return str_take(&text);
}

START_TEST(test_greeting)
{
    static const struct {
        const char *name;
        struct smtp_step steps[4];
        const char *want; /* in the error; NULL: opened */
    } cases[] = {
        {"plain", {GREETING}, NULL},
        {"several lines",
         {{NULL, "220-a\r\n220-b\r\n220 c\r\n", 0}, {"EHLO", "250-a\r\n250-b\r\n250 c\r\n", 0}},
         NULL},
        {"line feeds alone", {{NULL, "220 a\n", 0}, {"EHLO", "250-a\n250 b\n", 0}}, NULL},
        {"code without text", {{NULL, "220\r\n", 0}, {"EHLO", "250\r\n", 0}}, NULL},
        {"refused", {{NULL, "554 5.7.1 go away\r\n", 0}}, "554 5.7.1 go away"},
        {"busy", {{NULL, "421 4.3.2 later\r\n", 0}}, "421 4.3.2 later"},
        {"EHLO refused", {{NULL, "220 a\r\n", 0}, {"EHLO", "502 no\r\n", 0}}, "502 no"},
        {"closed before", {{NULL, NULL, true}}, "closed"},
        {"closed after the greeting", {{NULL, "220 a\r\n", 0}, {"EHLO", NULL, true}}, "closed"},
        {"closed within a line", {{NULL, "220 a", true}}, "closed"},
        {"no SMTP", {{NULL, "hello\r\n", 0}}, "not an SMTP reply"},
        {"nothing but a line end", {{NULL, "\r\n", 0}}, "not an SMTP reply"},
        {"a code beyond all", {{NULL, "9999999999999999999999 x\r\n", 0}}, "not an SMTP reply"},
        {"a longer code", {{NULL, "2200 x\r\n", 0}}, "not an SMTP reply"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct smtp *smtp = begin(cases[i].steps);
        if (cases[i].want == NULL)
            ck_assert_msg(smtp != NULL, "%s: %s", cases[i].name, err.text);
        else
            ck_assert_msg(smtp == NULL && strstr(err.text, cases[i].want) != NULL, "%s: %s",
                          cases[i].name, err.text);
        end(&smtp, NULL);
    }
}
END_TEST

START_TEST(test_replies_without_end)
{
    static const struct {
        const char *name, *line;
        int count;
        const char *want;
    } cases[] = {
        {"lines", "220-and so on\r\n", SMTP_REPLY_LINES + 1, "lines"},
        {"one line", "220 and so on ", SMTP_REPLY_MAX / 14 + 1, "longer than"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *reply = repeated(cases[i].line, cases[i].count);
        const struct smtp_step steps[] = {{NULL, reply, 0}, {0}};
        struct smtp *smtp = begin(steps);
        ck_assert_msg(smtp == NULL && strstr(err.text, cases[i].want) != NULL, "%s: %s",
                      cases[i].name, err.text);
        end(&smtp, NULL);
        free(reply);
    }
}
END_TEST

START_TEST(test_longest_reply)
{
    char *line = repeated("x", SMTP_REPLY_MAX - 6), reply[SMTP_REPLY_MAX + 8];
    const struct smtp_step steps[] = {GREETING, {"NOOP", reply, 0}, {0}};
    struct str text = STR_EMPTY;

    snprintf(reply, sizeof reply, "250 %s\r\n", line);
    struct smtp *smtp = begin(steps);
    ck_assert_int_eq(smtp_command(smtp, "NOOP", &text, &err), 250);
    ck_assert_uint_eq(text.len, SMTP_REPLY_MAX - 2);
    end(&smtp, NULL);
    str_clear(&text);
    free(line);
}
END_TEST

START_TEST(test_no_answer)
{
    const struct smtp_step steps[] = {GREETING, {"NOOP", NULL, 0}, {0}};
    struct smtp *smtp = begin(steps);

    ck_assert_ptr_nonnull(smtp);
    set_clock_hurry(SMTP_STEP_MS + 1);
    ck_assert_int_eq(smtp_command(smtp, "NOOP", NULL, &err), -1);
    ck_assert_str_eq(err.text, "no answer in time");
    set_clock_hurry(0);
    end(&smtp, NULL);
}
END_TEST

/* One that never reads: what is sent must not wait for ever either. */
START_TEST(test_not_taken)
{
    const struct smtp_step steps[] = {
        GREETING, {"NOOP", "250 ok\r\n", 0}, {"NEVER", NULL, 0}, {0}};
    char *much = repeated("0123456789abcde\n", 1 << 18);
    struct smtp *smtp = begin(steps);

    /* The server reads one line of it and, since that is another than it wants, closes. */
    ck_assert_int_eq(smtp_command(smtp, "NOOP", NULL, &err), 250);
    ck_assert_int_eq(smtp_data(smtp, span_of(much), &err), -1);
    ck_assert_msg(strstr(err.text, "write: ") != NULL, "%s", err.text);
    smtp_close(&smtp);
    ck_assert(!smtp_server_end(&server, NULL));
    temp_dir_remove(dir);
    free(much);
}
END_TEST

START_TEST(test_data)
{
    static const struct {
        const char *name;
        const char *pieces[5];
        const char *want;
    } cases[] = {
        {"plain", {"a\r\n"}, "a\r\n.\r\n"},
        {"empty", {""}, ".\r\n"},
        {"no line end", {"a"}, "a\r\n.\r\n"},
        {"a dot first", {".\r\n"}, "..\r\n.\r\n"},
        {"a dot within", {"a.b\r\n"}, "a.b\r\n.\r\n"},
        {"two dots", {"a\r\n..b\r\n"}, "a\r\n...b\r\n.\r\n"},
        {"line end apart from the dot", {"a\r\n", ".\r\n"}, "a\r\n..\r\n.\r\n"},
        {"CR apart from LF", {"a\r", "\n", ".", "b\r\n"}, "a\r\n..b\r\n.\r\n"},
        {"dot alone in a call", {"a\r\n", ".", "\r\n"}, "a\r\n..\r\n.\r\n"},
        {"after CR alone no line begins", {"a\r.b\r\n"}, "a\r.b\r\n.\r\n"},
        /* Postfix takes LF alone for a line end: its dot would end the message. */
        {"after LF alone", {"a\n.\r\nMAIL FROM:<x>\r\n"}, "a\n..\r\nMAIL FROM:<x>\r\n.\r\n"},
        {"ends in LF alone", {"a\n"}, "a\n\r\n.\r\n"},
        {"ends in CR", {"a\r"}, "a\r\r\n.\r\n"},
        {"ends in CR CR LF", {"a\r\r\n"}, "a\r\r\n.\r\n"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct smtp_step steps[] = {GREETING, {".", "250 2.0.0 Ok\r\n", 0}, {0}};
        struct str heard = STR_EMPTY, text = STR_EMPTY;
        struct smtp *smtp = begin(steps);
        const char *said;

        for (size_t k = 0; cases[i].pieces[k] != NULL; k++)
            ck_assert_int_eq(smtp_data(smtp, span_of(cases[i].pieces[k]), &err), 0);
        ck_assert_int_eq(smtp_end_data(smtp, &text, &err), 250);
        ck_assert_str_eq(str_cstr(&text), "250 2.0.0 Ok");
        end(&smtp, &heard);
        said = strchr(str_cstr(&heard), '\n') + 1; /* after EHLO */
        ck_assert_msg(strcmp(said, cases[i].want) == 0, "%s: %s", cases[i].name, said);
        str_clear(&heard);
        str_clear(&text);
    }
}
END_TEST

START_TEST(test_cannot_connect)
{
    struct socket_address address = {.is_unix = true, .path = "/nowhere/at/all"};

    ck_assert_ptr_null(smtp_open(&address, &err));
    ck_assert_msg(strstr(err.text, "cannot connect") != NULL, "%s", err.text);
    memset(address.path, 'x', sizeof address.path - 1);
    ck_assert_ptr_null(smtp_open(&address, &err));
    address = (struct socket_address){.host = "127.0.0.1", .port = 1};
    ck_assert_ptr_null(smtp_open(&address, &err));
    ck_assert_msg(strstr(err.text, "refused") != NULL, "%s", err.text);
    address = (struct socket_address){.host = "not a host", .port = 1};
    ck_assert_ptr_null(smtp_open(&address, &err));
}
END_TEST

SUITE_MAIN("milter/smtp", test_greeting, test_replies_without_end, test_longest_reply,
           test_no_answer, test_not_taken, test_data, test_cannot_connect)
