/* Names and sums: all rows and other together are always the whole; who comes often is kept. */
#include <stdio.h>

#include "policyd/cluster/tally.h"
#include "t/lib/suite.h"

static const struct measures one = {{[MEASURE_MESSAGES] = 1, [MEASURE_BYTES] = 100}};

static void add(struct tally *tally, const char *key)
{
    tally_add(tally, span_of(key), &one);
}

static uint64_t messages(const struct tally *tally, const char *key)
{
    const struct tally_row *row = tally_find(tally, span_of(key));

    return row != NULL ? row->sum.of[MEASURE_MESSAGES] : 0;
}

static struct measures whole(const struct tally *tally)
{
    struct measures all = tally->other;

    for (size_t i = 0; i < tally->count; i++)
        measures_add(&all, &tally->rows[i].sum);
    return all;
}

START_TEST(test_counts)
{
    struct tally tally;

    tally_init(&tally, 10, true);
    ck_assert_ptr_null(tally_find(&tally, SPAN("a")));
    add(&tally, "a");
    add(&tally, "b");
    add(&tally, "a");
    ck_assert_uint_eq(messages(&tally, "a"), 2);
    ck_assert_uint_eq(messages(&tally, "b"), 1);
    ck_assert_uint_eq(tally.count, 2);
    tally_sort(&tally);
    ck_assert_str_eq(tally.rows[0].key, "a");
    ck_assert_uint_eq(messages(&tally, "b"), 1);
    tally_clear(&tally);
}
END_TEST

/* A flood of names seen once does not push out the one that comes each tenth time, and nothing is lost or doubled. */
START_TEST(test_flood)
{
    struct tally tally;
    char key[32];

    tally_init(&tally, 200, true);
    for (int i = 0; i < 50000; i++) {
        snprintf(key, sizeof(key), i % 10 == 0 ? "steady" : "once%d", i);
        add(&tally, key);
    }
    ck_assert_uint_eq(tally.count, 200);
    ck_assert_uint_eq(messages(&tally, "steady"), 5000);
    ck_assert_uint_eq(whole(&tally).of[MEASURE_MESSAGES], 50000);
    ck_assert_uint_eq(whole(&tally).of[MEASURE_BYTES], 5000000);
    tally_clear(&tally);
}
END_TEST

START_TEST(test_limit_without_top)
{
    struct tally tally;

    tally_init(&tally, 2, false);
    add(&tally, "a");
    add(&tally, "b");
    add(&tally, "c");
    add(&tally, "c");
    add(&tally, "a");
    ck_assert_uint_eq(messages(&tally, "a"), 2);
    ck_assert_uint_eq(messages(&tally, "c"), 0);
    ck_assert_uint_eq(tally.other.of[MEASURE_MESSAGES], 2);
    tally_clear(&tally);
}
END_TEST

START_TEST(test_merge)
{
    struct tally a, b;
    char key[32];

    tally_init(&a, 50, true);
    tally_init(&b, 50, true);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "k%d", i % 70);
        add(i % 2 == 0 ? &a : &b, key);
    }
    tally_merge(&a, &b);
    ck_assert_uint_eq(whole(&a).of[MEASURE_MESSAGES], 1000);
    ck_assert_uint_le(a.count, 50);
    tally_clear(&a);
    tally_clear(&b);
}
END_TEST

START_TEST(test_odd_keys)
{
    struct tally tally;
    char longer[400];

    memset(longer, 'x', sizeof(longer));
    memcpy(longer + TALLY_KEY_MAX - 1, "\xc3\xa4",
           2); /* a character that stands across the cut */
    tally_init(&tally, 10, true);
    tally_add(&tally, span_from(longer, sizeof(longer)), &one);
    tally_add(&tally, span_from(longer, TALLY_KEY_MAX - 1), &one);
    tally_add(&tally, span_from("a\0b", 3), &one);
    tally_add(&tally, SPAN("a"), &one);
    ck_assert_uint_eq(tally.count, 2);
    ck_assert_uint_eq(messages(&tally, "a"), 2);
    ck_assert_uint_eq(strlen(tally.rows[0].key), TALLY_KEY_MAX - 1);
    tally_clear(&tally);
}
END_TEST

START_TEST(test_no_overflow)
{
    const struct measures huge = {{[MEASURE_BYTES] = TALLY_MAX}};
    struct tally tally;

    tally_init(&tally, 1, true);
    for (int i = 0; i < 5000; i++)
        tally_add(&tally, SPAN("a"), &huge);
    ck_assert_uint_eq(tally.rows[0].sum.of[MEASURE_BYTES], TALLY_MAX);
    ck_assert_uint_eq(tally_sum(UINT64_MAX, UINT64_MAX), TALLY_MAX);
    tally_clear(&tally);
}
END_TEST

START_TEST(test_thin)
{
    struct tally tally;
    char key[32];

    tally_init(&tally, 100, true);
    for (int i = 0; i < 60; i++)
        for (int j = 0; j <= i; j++) {
            snprintf(key, sizeof(key), "k%d", i);
            add(&tally, key);
        }
    tally_thin(&tally, 20);
    ck_assert_uint_eq(tally.count, 20);
    ck_assert_uint_eq(messages(&tally, "k59"), 60);
    ck_assert_uint_eq(messages(&tally, "k40"), 41);
    ck_assert_uint_eq(messages(&tally, "k39"), 0);
    ck_assert_uint_eq(whole(&tally).of[MEASURE_MESSAGES], 60 * 61 / 2);
    tally_thin(&tally, 0);
    ck_assert_ptr_null(tally_find(&tally, SPAN("k59")));
    tally_clear(&tally);
}
END_TEST

SUITE_MAIN("tally", test_thin, test_counts, test_flood, test_limit_without_top, test_merge,
           test_odd_keys, test_no_overflow)
