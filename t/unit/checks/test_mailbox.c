/* test_mailbox.c - answers handed from many threads to one owner, who may be gone when they come. */
#include <pthread.h>
#include <stdatomic.h>
#include "base/clock.h"
#include "checks/check.h"
#include "t/lib/suite.h"

static struct facts *answer(int64_t number)
{
    struct facts *facts = facts_new();

    facts_set_number(facts, FACT_MESSAGE_SIZE, number);
    return facts;
}

static int64_t number_of(const struct facts *facts)
{
    return facts_get(facts, FACT_MESSAGE_SIZE)->values[0].number;
}

START_TEST(test_post_and_take)
{
    struct mailbox *mailbox = mailbox_new();
    struct facts *facts = answer(7), *taken;
    int check = -1;

    ck_assert_ptr_null(mailbox_take(mailbox, &check));
    ck_assert(!mailbox_wait(mailbox, clock_mono_ms()));
    ck_assert(!mailbox_wait(mailbox, 0));
    mailbox_post(mailbox, 3, &facts);
    ck_assert_ptr_null(facts);
    ck_assert(mailbox_wait(mailbox, 0));
    taken = mailbox_take(mailbox, &check);
    ck_assert_int_eq(check, 3);
    ck_assert_int_eq(number_of(taken), 7);
    ck_assert_ptr_null(mailbox_take(mailbox, &check));
    facts_free(&taken);
    mailbox_unpin(&mailbox);
    ck_assert_ptr_null(mailbox);
    mailbox_unpin(&mailbox); /* no mailbox is none to let go */
}
END_TEST

/* A check that answers more often than it may costs memory, not more. */
START_TEST(test_bounded)
{
    struct mailbox *mailbox = mailbox_new();
    struct facts *facts;
    int check, count = 0;

    for (int i = 0; i < CHECKS_MAX + 5; i++) {
        facts = answer(i);
        mailbox_post(mailbox, i, &facts);
        ck_assert_ptr_null(facts);
    }
    while ((facts = mailbox_take(mailbox, &check)) != NULL) {
        ck_assert_int_lt(check, CHECKS_MAX);
        facts_free(&facts);
        count++;
    }
    ck_assert_int_eq(count, CHECKS_MAX);
    mailbox_unpin(&mailbox);
}
END_TEST

struct poster {
    struct mailbox *mailbox; /* its own reference */
    int check;
};

static void *post_one(void *argument)
{
    struct poster *poster = argument;
    struct facts *facts = answer(100 + poster->check);

    mailbox_post(poster->mailbox, poster->check, &facts);
    mailbox_unpin(&poster->mailbox);
    return NULL;
}

static void start_all(struct mailbox *mailbox, struct poster *posters, pthread_t *threads)
{
    for (int i = 0; i < CHECKS_MAX; i++) {
        posters[i] = (struct poster){mailbox_pin(mailbox), i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_one, &posters[i]), 0);
    }
}

START_TEST(test_many_threads)
{
    struct mailbox *mailbox = mailbox_new();
    struct poster posters[CHECKS_MAX];
    pthread_t threads[CHECKS_MAX];
    bool is_here[CHECKS_MAX] = {false};

    start_all(mailbox, posters, threads);
    for (int left = CHECKS_MAX; left > 0;) {
        struct facts *facts;
        int check;

        ck_assert(mailbox_wait(mailbox, clock_mono_ms() + 30000));
        while ((facts = mailbox_take(mailbox, &check)) != NULL) {
            ck_assert(!is_here[check]);
            ck_assert_int_eq(number_of(facts), 100 + check);
            is_here[check] = true;
            facts_free(&facts);
            left--;
        }
    }
    for (int i = 0; i < CHECKS_MAX; i++)
        pthread_join(threads[i], NULL);
    mailbox_unpin(&mailbox);
}
END_TEST

/* An aborted transaction lets go while its checks are still at work: the last one frees it all. */
START_TEST(test_owner_gone)
{
    for (int round = 0; round < 20; round++) {
        struct mailbox *mailbox = mailbox_new();
        struct poster posters[CHECKS_MAX];
        pthread_t threads[CHECKS_MAX];

        start_all(mailbox, posters, threads);
        mailbox_unpin(&mailbox);
        for (int i = 0; i < CHECKS_MAX; i++)
            pthread_join(threads[i], NULL);
    }
}
END_TEST

static void count_wake(void *count)
{
    atomic_fetch_add((atomic_int *)count, 1);
}

START_TEST(test_wake)
{
    struct mailbox *mailbox = mailbox_new();
    struct poster posters[CHECKS_MAX];
    pthread_t threads[CHECKS_MAX];
    atomic_int count = 0;

    mailbox_set_wake(mailbox, count_wake, &count);
    start_all(mailbox, posters, threads);
    for (int i = 0; i < CHECKS_MAX; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(atomic_load(&count), CHECKS_MAX);
    mailbox_unpin(&mailbox);
}
END_TEST

static bool is_started;

static int start_nothing(struct check_request *request, struct err *err)
{
    (void)request;
    is_started = true;
    return err_set(err, "no");
}

/* The table: which check learns a fact; a record's first stands for it. */
START_TEST(test_table)
{
    static const enum fact_id sizes[] = {FACT_MESSAGE_SIZE, FACT__COUNT};
    static const enum fact_id records[] = {FACT_ATTACHMENT_NAME, FACT__COUNT};
    static const struct check first = {.name = "size", .facts = sizes, .start = start_nothing};
    static const struct check second = {.name = "parts", .facts = records};
    static const struct check *const table[] = {&first, &second};
    struct err err;

    ck_assert_int_eq(checks_for(FACT_MESSAGE_SIZE), -1);
    checks_register(table, 2);
    ck_assert_uint_eq(checks_count(), 2);
    ck_assert_ptr_eq(checks_at(1), &second);
    ck_assert_int_eq(checks_for(FACT_MESSAGE_SIZE), 0);
    ck_assert_int_eq(checks_for(FACT_ATTACHMENT_NAME), 1);
    ck_assert_int_eq(checks_for(FACT_SENDER), -1);
    ck_assert_int_eq(checks_at(0)->start(NULL, &err), -1);
    ck_assert(is_started);
}
END_TEST

SUITE_MAIN("checks/mailbox", test_post_and_take, test_bounded, test_many_threads,
           test_owner_gone, test_wake, test_table)
