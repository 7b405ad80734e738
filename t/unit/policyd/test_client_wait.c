/* Connections whose question waits for a check: others go on, deadlines, clients that leave, the end of the daemon. */
#include <unistd.h>
#include "policyd/client.h"

#include "t/lib/policy_loop.h"
#include "t/lib/suite.h"

/* One waits for a check; another connection is answered meanwhile; what was pipelined behind it comes after it. */
START_TEST(test_wait)
{
    struct str heard = STR_EMPTY;
    int slow, fast;

    policy_begin(RULES);
    slow = policy_connect();
    fast = policy_connect();
    policy_say(slow, SPAN(RCPT("192.0.2.1", "a@x.example") REQUEST("DATA", "")));
    policy_wait_asked();
    policy_say(fast, SPAN(RCPT("10.1.1.1", "a@x.example")));
    ck_assert_str_eq(policy_hear(fast, 1, &heard), "action=OK\n\n");
    ck_assert_int_eq(read(slow, &(char){0}, 1), -1);
    close(fast);
    str_clear(&heard);
    close(slow);
    policy_end();
}
END_TEST

START_TEST(test_answered_late)
{
    struct str heard = STR_EMPTY;
    int fd;

    policy_begin(RULES);
    policy_settings.policy_deadline = 60000;
    fd = policy_connect();
    policy_say(fd, SPAN(RCPT("192.0.2.1", "a@x.example") REQUEST("DATA", "")));
    policy_wait_asked();
    policy_answer("xx.example");
    ck_assert_str_eq(policy_hear(fd, 2, &heard), "action=550 5.7.1 slow\n\naction=DUNNO\n\n");
    close(fd);
    str_clear(&heard);
    policy_end();
}
END_TEST

/* policy_deadline: what is not known by then is unknown, and the rules decide. */
START_TEST(test_deadline)
{
    struct str heard = STR_EMPTY;
    int fd;

    policy_begin(RULES);
    fd = policy_connect();
    policy_say(fd, SPAN(RCPT("192.0.2.1", "a@x.example")));
    ck_assert_str_eq(policy_hear(fd, 1, &heard), "action=451 4.7.1 blind\n\n");
    policy_answer("xx.example"); /* nobody is there to read it */
    close(fd);
    str_clear(&heard);
    policy_end();
}
END_TEST

/* The client leaves while its question waits: the answer comes late, to nobody. */
START_TEST(test_gone)
{
    int fd;

    policy_begin(RULES);
    fd = policy_connect();
    policy_say(fd, SPAN(RCPT("192.0.2.1", "a@x.example")));
    policy_wait_asked();
    policy_end();
    policy_answer("xx.example");
    close(fd);
}
END_TEST

static bool is_drained;

static void note_drained(void)
{
    is_drained = true;
}

/* At the end: idle connections are closed at once, a question under way is answered first. */
START_TEST(test_drain)
{
    struct str heard = STR_EMPTY;
    int idle, waiting;

    policy_begin(RULES);
    policy_settings.policy_deadline = 60000;
    idle = policy_connect();
    waiting = policy_connect();
    policy_say(waiting, SPAN(RCPT("192.0.2.1", "a@x.example")));
    policy_wait_asked();
    clients_drain(note_drained);
    ck_assert_str_eq(policy_hear(idle, 1, &heard), "<closed");
    ck_assert(!is_drained);
    policy_answer("xx.example");
    ck_assert_str_eq(policy_hear(waiting, 2, &heard), "action=550 5.7.1 slow\n\n<closed");
    ck_assert(is_drained);
    close(idle);
    close(waiting);
    str_clear(&heard);
    policy_end();
}
END_TEST

SUITE_MAIN("waiting policy clients", test_wait, test_answered_late, test_deadline, test_gone,
           test_drain)
