/* Connections of the policy protocol: order, bounds, disconnects, hundreds at once. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "policyd/client.h"
#include "policyd/counters.h"
#include "policyd/listener.h"

#include "t/lib/policy_loop.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

START_TEST(test_order)
{
    struct str heard = STR_EMPTY;
    int fd;

    policy_begin(
        "[policy]\nrule a when recipient = \"a@x.example\" then reject \"5.7.1 a\"\nrule b "
        "when recipient = \"b@x.example\" then defer \"4.7.1 b\"\n");
    fd = policy_connect();
    policy_say(fd,
               SPAN(RCPT("192.0.2.1", "a@x.example") RCPT("192.0.2.1", "b@x.example")
                        REQUEST("DATA", "") RCPT("192.0.2.1", "c@x.example") "request=smtp"));
    ck_assert_str_eq(
        policy_hear(fd, 4, &heard),
        "action=550 5.7.1 a\n\naction=451 4.7.1 b\n\naction=DUNNO\n\naction=DUNNO\n\n");
    policy_say(fd, SPAN("d_access_policy\nprotocol_state=VRFY\nrecipient=a@x.example\n\n"));
    ck_assert_str_eq(policy_hear(fd, 1, &heard), "action=550 5.7.1 a\n\n");
    close(fd);
    str_clear(&heard);
    policy_end();
}
END_TEST

START_TEST(test_bytewise)
{
    static const char text[] = RCPT("10.1.1.1", "a@x.example");
    struct str heard = STR_EMPTY;
    int fd;

    policy_begin(RULES);
    fd = policy_connect();
    for (size_t i = 0; i < sizeof text - 1; i++) {
        policy_say(fd, span_from(text + i, 1));
        event_base_loop(policy_base, EVLOOP_NONBLOCK);
    }
    ck_assert_str_eq(policy_hear(fd, 1, &heard), "action=OK\n\n");
    close(fd);
    str_clear(&heard);
    policy_end();
}
END_TEST

/* No answer, the connection ends, others go on. */
START_TEST(test_malformed)
{
    static const struct span cases[] = {SPAN("hello\n\n"), SPAN("\n"),
                                        SPAN("request=smtpd_access_policy\nx=\0\n\n")};
    struct str heard = STR_EMPTY, large = STR_EMPTY;
    int good, fd;

    policy_begin(RULES);
    good = policy_connect();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fd = policy_connect();
        policy_say(fd, cases[i]);
        ck_assert_str_eq(policy_hear(fd, 1, &heard), "<closed");
        close(fd);
    }
    for (int i = 0; i < 5000; i++)
        str_addc(&large, 'x');
    fd = policy_connect();
    policy_say(fd, str_span(&large));
    ck_assert_str_eq(policy_hear(fd, 1, &heard), "<closed");
    close(fd);
    ck_assert_uint_eq(counters_get(COUNTER_MALFORMED), COUNT_OF(cases) + 1);
    policy_say(good, SPAN(RCPT("10.1.1.1", "a@x.example")));
    ck_assert_str_eq(policy_hear(good, 1, &heard), "action=OK\n\n");
    close(good);
    str_clear(&heard);
    str_clear(&large);
    policy_end();
}
END_TEST

START_TEST(test_no_snapshot)
{
    struct str heard = STR_EMPTY;
    int fd;

    policy_begin(NULL);
    fd = policy_connect();
    policy_say(fd, SPAN(RCPT("10.1.1.1", "a@x.example") REQUEST("MAIL", "")));
    ck_assert_str_eq(policy_hear(fd, 2, &heard),
                     "action=451 4.3.0 no rules are in force yet\n\naction=DUNNO\n\n");
    close(fd);
    str_clear(&heard);
    policy_end();
}
END_TEST

START_TEST(test_too_many)
{
    struct str heard = STR_EMPTY;
    int fds[4];

    policy_begin(RULES);
    policy_settings.policy_max_connections = 3;
    clients_end();
    clients_begin(policy_base, &policy_settings, NULL);
    for (int i = 0; i < 3; i++)
        fds[i] = policy_connect();
    policy_say(fds[0], SPAN(RCPT("10.1.1.1", "a@x.example")));
    policy_hear(fds[0], 1, &heard); /* now fds[1] is the longest idle */
    fds[3] = policy_connect();
    ck_assert_str_eq(policy_hear(fds[1], 1, &heard), "<closed");
    for (int i = 0; i < 4; i++) {
        if (i != 1) {
            policy_say(fds[i], SPAN(RCPT("10.1.1.1", "a@x.example")));
            ck_assert_str_eq(policy_hear(fds[i], 1, &heard), "action=OK\n\n");
        }
        close(fds[i]);
    }
    str_clear(&heard);
    policy_end();
}
END_TEST

#define MANY 500

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* As many lasting connections as a busy Postfix has processes, through a real socket, each asking again and again. */
START_TEST(test_many)
{
    char dir[200], socket_path[220], where[240];
    struct str heard = STR_EMPTY;
    struct listeners *listeners;
    struct err err;
    int fds[MANY];

    policy_begin(RULES);
    temp_dir_make(dir);
    snprintf(socket_path, sizeof socket_path, "%s/policy", dir);
    snprintf(where, sizeof where, "unix:%s", socket_path);
    listeners = listeners_open(policy_base, where, client_accepted, &err);
    ck_assert_msg(listeners != NULL, "%s", err.text);
    ck_assert_ptr_null(listeners_open(policy_base, where, client_accepted, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "another process answers"));
    for (int i = 0; i < MANY; i++)
        fds[i] = connect_unix(socket_path);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < MANY; i++)
            policy_say(fds[i], i % 2 == 0 ? SPAN(RCPT("10.1.1.1", "a@x.example"))
                                          : SPAN(REQUEST("DATA", "")));
        for (int i = 0; i < MANY; i++)
            ck_assert_str_eq(policy_hear(fds[i], 1, &heard),
                             i % 2 == 0 ? "action=OK\n\n" : "action=DUNNO\n\n");
    }
    ck_assert_uint_eq(counters_get(COUNTER_CONNECTIONS), MANY);
    listeners_close(&listeners);
    ck_assert_int_eq(access(socket_path, F_OK), -1);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    str_clear(&heard);
    policy_end();
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("policy clients", test_order, test_bytewise, test_malformed, test_no_snapshot,
           test_too_many, test_many)
