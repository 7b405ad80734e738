/* Decisions from day to day: midnight, retention, words of the past, a day that is damaged or too large. */
#include "t/lib/decision_samples.h"

START_TEST(test_midnight)
{
    struct decisions *d = begin();
    uint16_t first = decisions_today();
    struct decision_ticket late, next;
    struct decision found;

    put(d, "a");
    decisions_reserve(d, &late);
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    next = reserve_on(d, (uint16_t)(first + 1));
    ck_assert(decisions_put(d, &next, &sample));
    ck_assert(decisions_put(d, &late, &sample));
    ck_assert_int_eq(decisions_find(d, span_of(late.code), arena, &found, &err), 1);
    ck_assert_uint_eq(found.ticket.id.day, first);
    ck_assert_int_eq(decisions_find(d, span_of(next.code), arena, &found, &err), 1);
    end(&d);
}
END_TEST

static void write_day(int64_t day)
{
    struct decisions *d;

    set_clock(SET_CLOCK_BEGIN + day * SET_CLOCK_DAY);
    d = open_for(DECISION_MILTER, 100, 1000000000);
    put(d, "x");
    decisions_close(&d);
}

START_TEST(test_retention)
{
    struct decisions *d = begin();
    uint16_t days[16], first = decisions_today();

    decisions_close(&d);
    for (int64_t day = 0; day < 5; day++)
        write_day(day);
    d = open_for(DECISION_MILTER, 2, 1000000000);
    decisions_retain(d);
    ck_assert_uint_eq(decision_file_days(d, days, 16), 3);
    ck_assert_uint_eq(days[0], first + 2);
    decisions_close(&d);
    d = open_for(DECISION_MILTER, 2, 1);
    decisions_retain(d);
    ck_assert_uint_eq(decision_file_days(d, days, 16), 1); /* never today's */
    ck_assert_uint_eq(days[0], first + 4);
    end(&d);
}
END_TEST

START_TEST(test_day_too_large)
{
    struct decisions *d = begin();
    struct decisions_counters counters;

    put(d, "x");
    decisions_close(&d);
    d = open_for(DECISION_MILTER, 14, 1);
    put(d, "y");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    decisions_count(d, &counters);
    ck_assert(counters.dropped == 1 && counters.is_failing);
    end(&d);
}
END_TEST

static bool has_words(struct decisions *d, uint16_t day)
{
    struct sql sql;
    int64_t count = 0;

    if (decision_file_open(d, day, true, &sql, &err) == 0)
        sql_number(&sql, "SELECT count(*) FROM segment WHERE last > ?1", 0, &count, NULL);
    sql_close(&sql);
    return count > 0;
}

START_TEST(test_words_of_the_past)
{
    struct decisions *d = begin();
    uint16_t day = decisions_today();
    int64_t until = clock_mono_ms() + PATIENCE_MS;

    put(d, "x");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    ck_assert(!has_words(d, day));
    decisions_close(&d);
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY + 3600000);
    d = open_for(DECISION_MILTER, 14, 100000000);
    while (!has_words(d, day) && clock_mono_ms() < until)
        sched_yield();
    ck_assert(has_words(d, day));
    end(&d);
}
END_TEST

START_TEST(test_damaged_day)
{
    struct decisions *d = begin();
    struct decisions_counters counters;
    struct decision_ticket ticket = put(d, "x");
    char *path = decisions_path(d, ticket.id.day, "db");
    struct decision found;

    decisions_close(&d);
    ck_assert_int_eq(
        file_replace(path, SPAN("no database at all, not in the least"), 0600, &err), 0);
    d = open_for(DECISION_MILTER, 14, 100000000);
    ticket = put(d, "y");
    ck_assert(decisions_flush(d, PATIENCE_MS));
    decisions_count(d, &counters);
    ck_assert(counters.written == 1 && counters.dropped == 0 && !counters.is_failing);
    ck_assert_int_eq(decisions_find(d, span_of(ticket.code), arena, &found, &err), 1);
    free(path);
    end(&d);
}
END_TEST

SUITE_MAIN("decisions_days", test_midnight, test_retention, test_day_too_large,
           test_words_of_the_past, test_damaged_day)
