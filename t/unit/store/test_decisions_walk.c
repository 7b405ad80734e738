/* test_decisions_walk.c - a day's decisions, all of them, once each, and no others. */
#include "store/decisions_walk.h"
#include "t/lib/decision_samples.h"

#define ROWS 1203 /* more than two batches */

struct seen {
    size_t count, limit;
    int64_t first, last;
    char disposition[16];
    struct str facts;
};

static bool see(void *ctx, const struct decision_record *record)
{
    struct seen *seen = ctx;

    if (seen->count++ == 0)
        seen->first = record->time_ms;
    seen->last = record->time_ms;
    snprintf(seen->disposition, sizeof seen->disposition, "%.*s",
             SPAN_ARG(record->disposition));
    str_reset(&seen->facts);
    str_add(&seen->facts, record->facts);
    return seen->count < seen->limit;
}

static int walk(struct decisions *d, int64_t since, int64_t until, struct seen *seen)
{
    const struct decisions_walker walker = {see, seen};

    str_clear(&seen->facts);
    *seen = (struct seen){.limit = seen->limit};
    return decisions_walk(d, since, until, &walker, &err);
}

/* Reserved on the day before, decided on this one: it counts here, and not there. */
START_TEST(test_days)
{
    struct seen seen = {.limit = SIZE_MAX};
    struct decisions *d;

    set_clock(SET_CLOCK_BEGIN - 1000);
    d = begin();
    struct decision_record record = sample;
    struct decision_ticket late;
    decisions_reserve(d, &late);
    put(d, "before");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    set_clock(SET_CLOCK_BEGIN);
    record.time_ms = clock_now_ms();
    ck_assert(decisions_put(d, &late, &record));
    (void)reserve_on(d, (uint16_t)(SET_CLOCK_BEGIN / SET_CLOCK_DAY));
    for (size_t i = 1; i < ROWS; i++)
        put(d, "of the day");
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    put(d, "after");
    ck_assert(decisions_flush(d, PATIENCE_MS));

    ck_assert_int_eq(walk(d, SET_CLOCK_BEGIN, SET_CLOCK_BEGIN + SET_CLOCK_DAY, &seen), 1);
    ck_assert_uint_eq(seen.count, ROWS);
    ck_assert_int_eq(seen.first, SET_CLOCK_BEGIN);
    ck_assert_int_eq(seen.last, SET_CLOCK_BEGIN);
    ck_assert_str_eq(seen.disposition, "reject");
    ck_assert(span_equal(str_span(&seen.facts), sample.facts));
    ck_assert_int_eq(walk(d, SET_CLOCK_BEGIN - SET_CLOCK_DAY, SET_CLOCK_BEGIN, &seen), 1);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert_int_eq(walk(d, SET_CLOCK_BEGIN - 9 * SET_CLOCK_DAY,
                          SET_CLOCK_BEGIN - 8 * SET_CLOCK_DAY, &seen),
                     0);
    ck_assert_uint_eq(seen.count, 0);
    str_clear(&seen.facts);
    end(&d);
}
END_TEST

START_TEST(test_stops)
{
    struct seen seen = {.limit = 7};
    struct decisions *d;

    set_clock(SET_CLOCK_BEGIN);
    d = begin();
    for (size_t i = 0; i < 20; i++)
        put(d, "one");
    ck_assert_int_eq(walk(d, SET_CLOCK_BEGIN, SET_CLOCK_BEGIN + SET_CLOCK_DAY, &seen), 1);
    ck_assert_uint_eq(seen.count, 7);
    ck_assert_int_eq(walk(d, 5, 5, &seen), 0);
    ck_assert_int_eq(walk(d, -1, 5, &seen), 0);
    str_clear(&seen.facts);
    end(&d);
}
END_TEST

SUITE_MAIN("store/decisions_walk", test_days, test_stops)
