/* test_counters_local.c - counters of one node: windows by the clock, bounds under a flood, a restart; what is promised; leases. */
#include <stdio.h>
#include "base/clock.h"
#include "policyd/cluster/counters.h"
#include "policyd/cluster/counters_local.h"
#include "policyd/cluster/leases.h"
#include "policyd/cluster/pending.h"
#include "policyd/cluster/promises.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"

static const uint8_t secret[HASH_KEY_SIZE] = "a secret of thirty-two bytes ...";
static struct counters_key key;

static struct counter_ask ask_of(const char *name, const char *of, const char *member)
{
    struct counter_ask ask = {
        .name = span_of(name), .key = span_of(of), .member = span_of(member), .amount = 1};

    ck_assert(charge_counter_parse(ask.name, &ask.counter));
    counters_key_make(secret, &ask, &key);
    return ask;
}

static void charge(const char *name, const char *of, const char *member)
{
    struct counter_ask ask = ask_of(name, of, member);

    counters_local_charge(&ask, &key, clock_now_ms(), clock_now_ms());
}

static int64_t reading(const char *name, const char *of, const char *member)
{
    struct counter_ask ask = ask_of(name, of, member);
    bool is_distinct = ask.counter.kind == CHARGE_DISTINCT;

    return counters_local_read(&ask, &key, clock_now_ms(), is_distinct ? key.member : NULL,
                               is_distinct ? 1 : 0);
}

/* The clock that runs is so much later from now on. */
static void later(int64_t ms)
{
    set_clock_hurry(ms);
    (void)clock_mono_ms();
    set_clock_hurry(0);
}

static const char per_user[] = "messages auth.user 3600";
static const char domains[] = "recipient.domain auth.user 3600";

START_TEST(counts_by_key_and_window)
{
    for (int i = 0; i < 3; i++)
        charge(per_user, "alice", "");
    charge(per_user, "bob", "");
    charge("messages auth.user 60", "alice", "");
    ck_assert_int_eq(reading(per_user, "alice", ""), 3);
    ck_assert_int_eq(reading(per_user, "bob", ""), 1);
    ck_assert_int_eq(reading(per_user, "carol", ""), 0);
    ck_assert_int_eq(reading("messages auth.user 60", "alice", ""), 1);
    set_clock(SET_CLOCK_BEGIN + 62000);
    ck_assert_int_eq(reading(per_user, "alice", ""), 3);
    ck_assert_int_eq(reading("messages auth.user 60", "alice", ""), 0);
    set_clock(SET_CLOCK_BEGIN + 62 * 60000);
    ck_assert_int_eq(reading(per_user, "alice", ""), 0);
}
END_TEST

START_TEST(distinct_adds_this_one)
{
    charge(domains, "alice", "one.example");
    charge(domains, "alice", "two.example");
    charge(domains, "alice", "two.example");
    ck_assert_int_eq(reading(domains, "alice", "two.example"), 2);
    ck_assert_int_eq(reading(domains, "alice", "three.example"), 3);
}
END_TEST

START_TEST(a_flood_of_keys_leaves_those_that_count_much)
{
    char name[40];

    for (int i = 0; i < 50; i++)
        charge(per_user, "alice", "");
    for (int i = 0; i < 400000; i++) {
        snprintf(name, sizeof name, "flood%d", i);
        charge(per_user, name, "");
    }
    ck_assert_int_eq(reading(per_user, "alice", ""), 50);
    ck_assert_int_eq(reading(per_user, "flood399999", ""), 1);
    ck_assert_int_eq(reading(per_user, "flood0", ""), 0);
    counters_local_clear();
}
END_TEST

START_TEST(many_counters_are_bounded)
{
    char name[60];

    for (int i = 1; i <= 2 * COUNTERS_LOCAL_MAX; i++) {
        set_clock(SET_CLOCK_BEGIN + i);
        snprintf(name, sizeof name, "messages auth.user %d", 3600 + i);
        charge(name, "alice", "");
    }
    ck_assert_int_eq(reading(name, "alice", ""), 1);
    ck_assert_int_eq(reading("messages auth.user 3601", "alice", ""), 0);
    counters_local_clear();
}
END_TEST

START_TEST(what_changed_comes_back)
{
    struct str names[4] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY};
    struct str bytes[4] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY};
    size_t drawers[4], count = 0;

    charge(per_user, "alice", "");
    charge(domains, "alice", "one.example");
    while (count < 4 && counters_local_changed(&names[count], &drawers[count], &bytes[count]))
        count++;
    ck_assert_uint_eq(count, 2);
    counters_local_clear();
    ck_assert_int_eq(reading(per_user, "alice", ""), 0);
    for (size_t i = 0; i < count; i++)
        counters_local_restore(
            &(struct drawer_row){str_span(&names[i]), drawers[i], str_span(&bytes[i])});
    counters_local_restore(&(struct drawer_row){SPAN("no counter"), 1, SPAN("xyz")});
    counters_local_restore(&(struct drawer_row){span_of(per_user), 99999, SPAN("xyz")});
    ck_assert_int_eq(reading(per_user, "alice", ""), 1);
    ck_assert_int_eq(reading(domains, "alice", "two.example"), 2);
    for (size_t i = 0; i < 4; i++) {
        str_clear(&names[i]);
        str_clear(&bytes[i]);
    }
    counters_local_clear();
}
END_TEST

START_TEST(what_nobody_asks_is_forgotten)
{
    struct str name = STR_EMPTY;

    charge(per_user, "alice", "");
    ck_assert(!counters_local_forget(clock_now_ms() + 3600000, &name));
    ck_assert(counters_local_forget(clock_now_ms() + 3 * 3600000, &name));
    ck_assert_str_eq(str_cstr(&name), per_user);
    str_clear(&name);
}
END_TEST

START_TEST(recipients_of_one_message_see_each_other)
{
    struct counter_ask ask = ask_of("recipients auth.user 3600", "alice", "");
    struct str members = STR_EMPTY;

    for (int i = 0; i < 5; i++)
        promises_add(SPAN("1.2.3"), &ask, &key);
    ck_assert_uint_eq(promises_read(SPAN("1.2.3"), &ask, &key, &members), 5);
    ck_assert_uint_eq(promises_read(SPAN("1.2.4"), &ask, &key, &members), 0);
    ck_assert_uint_eq(promises_read(SPAN(""), &ask, &key, &members), 0);
    ask = ask_of(domains, "alice", "one.example");
    promises_add(SPAN("1.2.3"), &ask, &key);
    promises_add(SPAN("1.2.3"), &ask, &key);
    ck_assert_uint_eq(promises_read(SPAN("1.2.3"), &ask, &key, &members), 0); /* itself */
    ask = ask_of(domains, "alice", "two.example");
    ck_assert_uint_eq(promises_read(SPAN("1.2.3"), &ask, &key, &members), 1);
    ck_assert_uint_eq(members.len, WINDOW_MEMBER_SIZE);
    later(PROMISES_KEEP_MS + 1);
    promises_add(SPAN("1.2.5"), &ask, &key);
    ck_assert_uint_eq(promises_read(SPAN("1.2.3"), &ask, &key, &members), 0);
    str_clear(&members);
    promises_clear();
}
END_TEST

START_TEST(promises_are_bounded)
{
    struct counter_ask ask = ask_of("recipients auth.user 3600", "alice", "");
    struct str members = STR_EMPTY;
    char transaction[40];

    for (int i = 0; i < 3 * PROMISES_MAX; i++) {
        int len = snprintf(transaction, sizeof transaction, "i%d", i);
        promises_add(span_from(transaction, (size_t)len), &ask, &key);
    }
    ck_assert_uint_eq(promises_read(SPAN("i0"), &ask, &key, &members), 0);
    ck_assert_uint_eq(promises_read(span_of(transaction), &ask, &key, &members), 1);
    promises_clear();
}
END_TEST

START_TEST(an_allowance_has_bounds)
{
    static const struct {
        int64_t reading, limit;
        size_t nodes;
        int64_t allowance;
    } cases[] = {
        {0, 49, 1, 0},  /* small limits are always asked for */
        {0, 50, 1, 12}, /* a quarter of the limit */
        {0, 200, 1, 50},  {0, 200, 4, 25},  {100, 200, 4, 12},
        {199, 200, 1, 0}, {200, 200, 1, 0}, {300, 200, 1, 0},
        {0, 200, 0, 50},  {0, -1, 1, 0},    {0, 10000, 200, 25},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_int_eq(lease_allowance(cases[i].reading, cases[i].limit, cases[i].nodes),
                         cases[i].allowance);
}
END_TEST

START_TEST(a_lease_is_spent_and_ends)
{
    int64_t charged, mark;

    ask_of(per_user, "alice", "");
    ck_assert(!leases_use(key.key, 1, &charged));
    mark = leases_mark(key.key);
    leases_charge(key.key, 2); /* between question and answer */
    leases_put(key.key, mark, 10, 5, 3600);
    ck_assert(leases_use(key.key, 1, &charged));
    ck_assert_int_eq(charged, 12);
    leases_charge(key.key, 2);
    ck_assert(leases_use(key.key, 1, &charged));
    ck_assert_int_eq(charged, 14);
    ck_assert(!leases_use(key.key, 2, &charged));
    leases_charge(key.key, 1);
    ck_assert(!leases_use(key.key, 1, &charged));
    ck_assert_int_eq(leases_last(key.key, 3600), 15);
    leases_put(key.key, leases_mark(key.key), 20, 5, 3600);
    ck_assert(leases_use(key.key, 1, &charged));
    later(LEASE_MS + 1);
    ck_assert(!leases_use(key.key, 1, &charged));
    later(1800 * 1000);
    ck_assert_int_le(leases_last(key.key, 3600), 10);
    ck_assert_int_ge(leases_last(key.key, 3600), 8);
    leases_clear();
}
END_TEST

START_TEST(what_waits_for_redis_is_added_up_and_bounded)
{
    struct counter_ask ask = ask_of(per_user, "alice", "");
    struct pending *batch[PENDING_BATCH];
    struct str members = STR_EMPTY;
    struct counters_key of_alice = key;
    char name[40];

    for (int i = 0; i < 10; i++)
        ck_assert(pending_add(&ask, &key, (const uint8_t *)"12345678", 1000));
    ck_assert(pending_add(&ask, &key, (const uint8_t *)"12345678", 1000 + 61000));
    ck_assert_uint_eq(pending_count(), 2);
    ck_assert_int_eq(pending_read(&key, CHARGE_MESSAGES, &members), 11);
    for (int i = 0; i < PENDING_MAX + 10; i++) {
        snprintf(name, sizeof name, "user%d", i);
        ask = ask_of(per_user, name, "");
        ck_assert(pending_add(&ask, &key, (const uint8_t *)"12345678", 1000) ==
                  (i < PENDING_MAX - 2));
    }
    ck_assert_uint_eq(pending_take(batch), PENDING_BATCH);
    ck_assert_int_eq(batch[0]->amount, 10);
    ck_assert_int_eq(pending_read(&of_alice, CHARGE_MESSAGES, &members), 11); /* on its way */
    pending_set_sent(batch, PENDING_BATCH, true);
    ck_assert_int_eq(pending_read(&of_alice, CHARGE_MESSAGES, &members), 0);
    ask = ask_of(per_user, "alice", "");
    ck_assert(
        pending_add(&ask, &key, (const uint8_t *)"12345678", 1000)); /* not to what is gone */
    ck_assert_int_eq(pending_read(&of_alice, CHARGE_MESSAGES, &members), 1);
    pending_set_sent(batch, PENDING_BATCH, false); /* Redis did not take it */
    ck_assert_int_eq(pending_read(&of_alice, CHARGE_MESSAGES, &members), 12);
    pending_drop(batch, PENDING_BATCH);
    ck_assert_int_eq(pending_read(&of_alice, CHARGE_MESSAGES, &members), 1);
    pending_clear();
    ck_assert_uint_eq(pending_count(), 0);
}
END_TEST

SUITE_MAIN("cluster/counters_local", counts_by_key_and_window, distinct_adds_this_one,
           a_flood_of_keys_leaves_those_that_count_much, many_counters_are_bounded,
           what_changed_comes_back, what_nobody_asks_is_forgotten,
           recipients_of_one_message_see_each_other, promises_are_bounded,
           an_allowance_has_bounds, a_lease_is_spent_and_ends,
           what_waits_for_redis_is_added_up_and_bounded)
