/* test_rounds.c - questions to real sandboxed workers that have been taken over (t/lib/evil_sender.c), with DNS that a test tells: whatever
 * a worker does costs its one question, and the pool goes on. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "t/lib/fake_dns.h"
#include "t/lib/rounds_client.h"
#include "t/lib/suite.h"

static const struct evil_case {
    const char *helo;
    const char *failure; /* part of it; NULL: there is a result */
    const char *reason;  /* part of its spf_reason */
} evils[] = {
    {"honest", NULL, ""},
    {"abort", "ended", NULL},
    {"crash", "ended", NULL},
    {"exit", "ended", NULL},
    {"open", "ended", NULL},
    {"socket", "ended", NULL},
    {"spin", "deadline", NULL},
    {"wrong-id", "another request", NULL},
    {"oversized", "too much at once", NULL},
    {"rubbish", "does not read", NULL},
    {"half", "does not read", NULL},
    {"empty", "wrong size", NULL},
    {"pass-fd", "descriptor", NULL},
    {"begin-only", "another size", NULL},
    {"end-first", "another size", NULL},
    {"thousand", "does not read", NULL},
    {"again", "again", NULL},
    {"taken", "nobody trusts", NULL},
    {"endless-deaf", "more names", NULL},
    {"endless", NULL, "TXT n10.example none"},
    {"many", NULL, "A n0.0.example none"},
    {"two", NULL, ""},
    {"forbidden", NULL, "A secret.internal limited; TXT deep.below.secret.internal limited"},
    {"ask A x.Internal", "does not read", NULL},
    {"ask A x.interna\\108 TXT b.example", NULL, "A x.interna/108 limited; TXT b.example none"},
    {"ask TXT a.example MX m.example A n.example TXT s.example", NULL,
     "TXT a.example found v=spf1 -all; MX m.example none; A n.example none; TXT s.example "
     "failed"},
    {"ask TXT a.example TXT a.example", NULL, "TXT a.example found v=spf1 -all"},
};

static void tell_dns(void)
{
    fake_dns_add(DNS_TXT, "a.example", "v=spf1 -all");
    fake_dns_set(DNS_MX, "m.example", DNS_NONE);
    fake_dns_set(DNS_TXT, "s.example", DNS_FAILED);
}

static void check_honest(const char *after)
{
    struct rounds_answer answer;

    rounds_client_ask("ask TXT a.example", -1, &answer);
    ck_assert_msg(answer.failure[0] == '\0', "after %s: %s", after, answer.failure);
    ck_assert_str_eq(answer.reason, "TXT a.example found v=spf1 -all");
}

START_TEST(test_evil_worker)
{
    const struct evil_case *c = &evils[_i];
    struct rounds_answer answer;

    rounds_client_begin(1);
    tell_dns();
    rounds_client_ask(c->helo, -1, &answer);
    if (c->failure != NULL)
        ck_assert_msg(strstr(answer.failure, c->failure) != NULL, "%s: \"%s\" (%s)", c->helo,
                      answer.failure, answer.reason);
    else
        ck_assert_msg(answer.failure[0] == '\0' && strstr(answer.reason, c->reason) != NULL,
                      "%s: \"%s\" (%s)", c->helo, answer.failure, answer.reason);
    if (strcmp(c->helo, "two") == 0) /* the second may be met by the next question */
        rounds_client_ask("honest", -1, &answer);
    check_honest(c->helo);
    check_honest(c->helo);
    rounds_end();
}
END_TEST

START_TEST(test_forbidden_is_not_asked)
{
    struct rounds_answer answer;

    rounds_client_begin(1);
    rounds_client_ask("forbidden", -1, &answer);
    ck_assert_uint_eq(fake_dns_asked(), 0);
    rounds_client_ask("ask A sub.localhost A x.interna\\108", -1, &answer);
    ck_assert_uint_eq(fake_dns_asked(), 0);
    rounds_end();
}
END_TEST

START_TEST(test_bounds)
{
    struct rounds_answer answer;
    struct rounds_counts counts;

    rounds_client_begin(1);
    rounds_client_ask("endless", -1, &answer);
    ck_assert_uint_eq(fake_dns_asked(), SENDER_ROUNDS_MAX - 1);
    rounds_count(&counts);
    ck_assert_uint_eq(counts.rounds, SENDER_ROUNDS_MAX);
    fake_dns_reset();
    rounds_client_ask("many", -1, &answer);
    ck_assert_str_eq(answer.failure, "");
    ck_assert_uint_eq(fake_dns_asked(), SENDER_NAMES_MAX);
    rounds_count(&counts);
    ck_assert_uint_eq(counts.questions, 2);
    ck_assert_uint_eq(counts.failures, 0);
    rounds_end();
}
END_TEST

/* All names of a round go out together, as far as the resolver's bounds for one asker and one zone let them. */
START_TEST(test_together)
{
    struct rounds_asked asked;
    struct dns_question last;

    rounds_client_begin(1);
    fake_dns_hold();
    rounds_client_start("ask A a.one.example A b.two.example A c.three.example", -1, &asked);
    ck_assert(fake_dns_wait_asked(3));
    ck_assert_uint_eq(fake_dns_batches(), 1);
    ck_assert(fake_dns_last(DNS_A, "b.two.example", &last));
    ck_assert_uint_eq(last.asker, ROUNDS_CLIENT_ASKER);
    ck_assert_int_lt(last.deadline, asked.deadline);
    ck_assert_int_ge(last.deadline, asked.deadline - 1000);
    fake_dns_release();
    rounds_client_await(&asked);
    ck_assert_str_eq(asked.answer.failure, "");
    fake_dns_reset();
    rounds_client_ask("ask A a.z.example A b.z.example A c.z.example A d.z.example "
                      "A e.z.example A f.z.example",
                      -1, &asked.answer);
    ck_assert_str_eq(asked.answer.failure, "");
    ck_assert_uint_eq(fake_dns_asked(), 6);
    ck_assert_uint_eq(fake_dns_batches(), 2);
    rounds_end();
}
END_TEST

/* What will be needed for sure spares a round, and is not asked twice. */
START_TEST(test_ahead)
{
    const struct sender_lack ahead[] = {{DNS_TXT, SPAN("a.example")},
                                        {DNS_A, SPAN("x.internal")}};
    struct rounds_answer answer;
    struct rounds_counts counts;

    rounds_client_begin(1);
    tell_dns();
    rounds_client_ask_ahead("ask TXT a.example", ahead, 2, &answer);
    ck_assert_str_eq(answer.reason, "TXT a.example found v=spf1 -all; A x.internal limited");
    ck_assert_uint_eq(fake_dns_asked(), 1);
    rounds_count(&counts);
    ck_assert_uint_eq(counts.rounds, 1);
    rounds_end();
}
END_TEST

/* A name server that is silent until the time is over: the worker still judges the rest. */
START_TEST(test_silent_dns)
{
    struct rounds_asked asked;

    rounds_client_begin(1);
    fake_dns_hold();
    rounds_client_start("ask TXT a.example", -1, &asked);
    ck_assert(fake_dns_wait_asked(1));
    fake_dns_time_out();
    rounds_client_await(&asked);
    ck_assert_str_eq(asked.answer.failure, "");
    ck_assert_str_eq(asked.answer.reason, "TXT a.example timeout");
    fake_dns_release();
    rounds_end();
}
END_TEST

START_TEST(test_message)
{
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct rounds_answer answer;

    rounds_client_begin(1);
    tell_dns();
    ck_assert_int_eq(write(fd, "From: x\r\n", 9), 9);
    rounds_client_ask("honest", fd, &answer);
    ck_assert_msg(strstr(answer.failure, "not sealed") != NULL, "%s", answer.failure);
    ck_assert_int_eq(
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
    rounds_client_ask("honest", fd, &answer);
    ck_assert_str_eq(answer.failure, "");
    ck_assert_str_eq(answer.explanation, "a message of 9 bytes");
    rounds_client_ask("honest", ROUNDS_CLIENT_BAD_FD, &answer);
    ck_assert_msg(strstr(answer.failure, "no descriptor") != NULL, "%s", answer.failure);
    check_honest("no message");
    rounds_end();
    close(fd);
}
END_TEST

/* Whatever is under way when the milter ends is answered once, also what DNS answers afterwards. */
START_TEST(test_end)
{
    struct rounds_asked asked[3];

    rounds_client_begin(1);
    fake_dns_hold();
    rounds_client_start("spin", -1, &asked[0]);
    rounds_client_start("honest", -1, &asked[1]);
    rounds_client_start_ahead("honest", &(struct sender_lack){DNS_A, SPAN("a.example")}, 1,
                              &asked[2]);
    ck_assert(fake_dns_wait_asked(1));
    rounds_end();
    ck_assert(asked[0].is_done && asked[1].is_done && !asked[2].is_done);
    ck_assert_str_ne(asked[0].answer.failure, "");
    ck_assert_str_ne(asked[1].answer.failure, "");
    fake_dns_release();
    rounds_client_await(&asked[2]);
    ck_assert_msg(strstr(asked[2].answer.failure, "the milter ends") != NULL, "%s",
                  asked[2].answer.failure);
    rounds_client_ask("honest", -1, &asked[0].answer);
    ck_assert_msg(strstr(asked[0].answer.failure, "the milter ends") != NULL, "%s",
                  asked[0].answer.failure);
}
END_TEST

/* More than may wait: each is answered, from another thread, and those that found no place say so. */
START_TEST(test_full_queue)
{
    enum { MANY = 200 };
    static struct rounds_asked asked[MANY];
    size_t refused = 0, failed = 0;

    rounds_client_begin(1);
    tell_dns();
    rounds_client_start("spin", -1, &asked[0]);
    for (size_t i = 1; i < MANY; i++)
        rounds_client_start("ask TXT a.example", -1, &asked[i]);
    for (size_t i = 0; i < MANY; i++) {
        rounds_client_await(&asked[i]);
        ck_assert(!pthread_equal(asked[i].thread, pthread_self()));
        failed += asked[i].answer.failure[0] != '\0';
        refused += strstr(asked[i].answer.failure, "queue full") != NULL;
    }
    ck_assert_uint_ge(refused, MANY - 1 - 64 - 2);
    ck_assert_uint_eq(failed, refused + 1);
    check_honest("a full queue");
    rounds_end();
}
END_TEST

static void *ask_many(void *number)
{
    for (int i = 0; i < 50; i++) {
        struct rounds_answer answer;
        char helo[100], want[100];
        snprintf(helo, sizeof helo, "ask TXT n%d.t%d.example A a.example", i, *(int *)number);
        snprintf(want, sizeof want, "TXT n%d.t%d.example none; A a.example none", i,
                 *(int *)number);
        rounds_client_ask(i == 25 ? "abort" : helo, -1, &answer);
        if (i == 25)
            ck_assert_str_ne(answer.failure, "");
        else
            ck_assert_msg(strcmp(answer.reason, want) == 0, "%s: %s", answer.failure,
                          answer.reason);
    }
    return NULL;
}

START_TEST(test_threads)
{
    pthread_t threads[4];
    int numbers[4] = {0, 1, 2, 3};

    rounds_client_begin(3);
    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, ask_many, &numbers[i]);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    rounds_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checks/rounds");
    TCase *tcase = tcase_create("rounds");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_evil_worker, 0, (int)COUNT_OF(evils));
    tcase_add_test(tcase, test_forbidden_is_not_asked);
    tcase_add_test(tcase, test_bounds);
    tcase_add_test(tcase, test_together);
    tcase_add_test(tcase, test_ahead);
    tcase_add_test(tcase, test_silent_dns);
    tcase_add_test(tcase, test_message);
    tcase_add_test(tcase, test_end);
    tcase_add_test(tcase, test_full_queue);
    tcase_add_test(tcase, test_threads);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
