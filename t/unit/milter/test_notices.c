/* What the milter tells of messages and refusals; many domains come in several parts. */
#include <poll.h>

#include "control/notice.h"
#include "t/lib/temp_dir.h"
#include "t/lib/talk.h"

#define DOMAINS 900

static char control[200];
static int fd;

static void begin(void)
{
    struct err err;

    setup();
    ck_assert_ptr_nonnull(temp_dir_make(control));
    fd = notice_listen(control, &err);
    ck_assert_msg(fd >= 0, "%s", err.text);
    notice_begin(control);
}

static void end(void)
{
    notice_end(0);
    notice_close(control, &fd);
    temp_dir_remove(control);
    teardown();
}

static json_t *next(void)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    json_t *notice;

    ck_assert_int_eq(poll(&poll_fd, 1, 10000), 1);
    notice = notice_receive(fd);
    ck_assert_ptr_nonnull(notice);
    return notice;
}

static void expect_text(const json_t *notice, const char *key_, const char *want)
{
    const char *got = json_string_value(json_object_get(notice, key_));

    ck_assert_msg(got != NULL && strcmp(got, want) == 0, "%s: %s, not %s", key_, got, want);
}

static json_int_t number(const json_t *notice, const char *name)
{
    return json_integer_value(json_object_get(notice, name));
}

START_TEST(test_message)
{
    char sender[] = "<hold@x.example>", other[] = "<bob@b.example>", third[] = "<c@a.example>";
    struct talk talk = talk_of("192.0.2.7", sender);
    json_t *notice;

    begin();
    talk.others[0] = other;
    talk.others[1] = third;
    talk_run(&talk);
    notice = next();
    expect_text(notice, "what", "message");
    expect_text(notice, "verdict", "hold");
    expect_text(notice, "rule", "held");
    expect_text(notice, "path", "proxy");
    expect_text(notice, "sender", "hold@x.example");
    expect_text(notice, "client", "192.0.2.7");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(notice, "reasons"), 0)),
                     "held");
    ck_assert_uint_eq(json_array_size(json_object_get(notice, "domains")), 2);
    ck_assert_int_eq(number(notice, "recipients"), 3);
    ck_assert_int_gt(number(notice, "bytes"), 0);
    ck_assert_int_gt(number(notice, "latency_us"), 0);
    json_decref(notice);
    free(talk.ctx);
    end();
}
END_TEST

START_TEST(test_refused)
{
    char sender[] = "<a@x.example>";
    struct talk talk = talk_of("203.0.113.5", sender);
    json_t *notice;

    begin();
    talk_run(&talk);
    notice = next();
    expect_text(notice, "what", "refused");
    expect_text(notice, "verdict", "reject");
    expect_text(notice, "rule", "bad-client");
    ck_assert_uint_eq(json_array_size(json_object_get(notice, "domains")), 1);
    json_decref(notice);
    ck_assert_ptr_null(notice_receive(fd)); /* no message came to its end */
    free(talk.ctx);
    end();
}
END_TEST

/* Long names, so that they fill several notices; each domain is told once, message and bytes in the first part alone. */
START_TEST(test_many_domains)
{
    char sender[] = "<a@x.example>", recipient[200];
    struct talk talk = talk_of("192.0.2.7", sender);
    size_t domains = 0, parts = 0;

    begin();
    for (enum step step = CONNECT; step < HEADER; step++)
        step_run(&talk, step);
    for (int i = 0; i < DOMAINS; i++) {
        snprintf(recipient, sizeof recipient, "<bob@%060d.%050d.example>", i / 2, 7);
        talk.recipient = recipient;
        step_run(&talk, RCPT);
    }
    for (enum step step = HEADER; step < STEPS; step++)
        step_run(&talk, step);
    while (domains < DOMAINS / 2 + 1) {
        json_t *notice = next();
        ck_assert_int_eq(number(notice, "part"), (json_int_t)parts++);
        expect_text(notice, "verdict", "deliver");
        ck_assert_int_eq(number(notice, "recipients"), parts == 1 ? DOMAINS + 1 : 0);
        domains += json_array_size(json_object_get(notice, "domains"));
        json_decref(notice);
    }
    ck_assert_uint_eq(domains, DOMAINS / 2 + 1);
    ck_assert_uint_gt(parts, 3);
    ck_assert_uint_eq(notice_dropped(), 0);
    free(talk.ctx);
    end();
}
END_TEST

SUITE_MAIN("notices", test_message, test_refused, test_many_domains)
