/* test_arrival.c - hour and day in the administrator's zone, and the staging listener: what is learnt without asking anybody. */
#include "base/err.h"
#include "engine/arrival.h"
#include "engine/staging.h"
#include "facts/fact_words.h"
#include "t/lib/suite.h"

#define S(seconds) (INT64_C(1000) * (seconds))

START_TEST(test_zones)
{
    static const struct {
        const char *zone;
        int64_t ms;
        int hour;
        const char *day;
    } cases[] = {
        {"UTC", 0, 0, "thursday"},
        {"UTC", S(1795305600) - 1, 23, "saturday"}, /* 2026-11-21T23:59:59.999Z */
        {"UTC", S(1795305600), 0, "sunday"},
        {"Europe/Zurich", S(1795305600), 1, "sunday"},
        /* 2026-03-29T01:00Z: from 1:59 to 3:00 */
        {"Europe/Zurich", S(1774745999), 1, "sunday"},
        {"Europe/Zurich", S(1774746000), 3, "sunday"},
        /* 2026-10-25T01:00Z: from 2:59 to 2:00 */
        {"Europe/Zurich", S(1792889999), 2, "sunday"},
        {"Europe/Zurich", S(1792890000), 2, "sunday"},
        {"Europe/Zurich", S(1792893600), 3, "sunday"},
        {"America/Los_Angeles", S(1795305600), 16, "saturday"},
        {"Asia/Kolkata", S(1795305600 + 18 * 3600 + 1800), 0, "monday"}, /* half hours */
        {"Pacific/Kiritimati", S(1795305600 + 10 * 3600), 0, "monday"},  /* 14 hours ahead */
        {"UTC", S(-1), 23, "wednesday"},
        {"UTC", S(INT64_C(4102444800)), 0, "friday"}, /* 2100 */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts *facts = facts_new();
        struct err err;
        int day = -1;

        ck_assert_int_eq(arrival_init(cases[i].zone, &err), 0);
        arrival_learn(facts, cases[i].ms);
        ck_assert(names_value(weekday_names, span_of(cases[i].day), &day));
        ck_assert_msg(facts_get(facts, FACT_TIME_HOUR)->values[0].number == cases[i].hour &&
                          facts_get(facts, FACT_TIME_WEEKDAY)->values[0].number == day,
                      "case %zu, %s: %d on day %d", i, cases[i].zone,
                      (int)facts_get(facts, FACT_TIME_HOUR)->values[0].number,
                      (int)facts_get(facts, FACT_TIME_WEEKDAY)->values[0].number);
        facts_free(&facts);
    }
}
END_TEST

START_TEST(test_no_zone)
{
    static const char *const zones[] = {"Europe/Zurrich", "Europe", "zone.tab",
                                        "../../../etc/passwd", "CET+1"};
    struct err err;

    ck_assert_int_eq(arrival_init("", &err), 0); /* the system's */
    for (size_t i = 0; i < COUNT_OF(zones); i++) {
        err_reset(&err);
        ck_assert_msg(arrival_init(zones[i], &err) == -1, "%s", zones[i]);
        ck_assert_msg(strstr(err.text, "write a name like Europe/Zurich") != NULL, "%s",
                      err.text);
    }
}
END_TEST

/* A time that no calendar has is not learnt. */
START_TEST(test_beyond_calendars)
{
    struct facts *facts = facts_new();

    setenv("TZ", "UTC", 1);
    arrival_learn(facts, INT64_MAX);
    ck_assert_int_le(facts_get(facts, FACT_TIME_HOUR)->state, FACT_VALUE);
    facts_free(&facts);
}
END_TEST

START_TEST(test_staging)
{
    struct facts *facts = facts_new();

    staging_learn(facts);
    ck_assert_int_eq(facts_get(facts, FACT_LISTENER_STAGING)->state, FACT_ABSENT);
    staging_init("10.0.0.1:2525");
    staging_learn(facts);
    ck_assert(
        span_is(facts_get(facts, FACT_LISTENER_STAGING)->values[0].text, "10.0.0.1:2525"));
    staging_init("");
    staging_learn(facts);
    ck_assert_int_eq(facts_get(facts, FACT_LISTENER_STAGING)->state, FACT_ABSENT);
    facts_free(&facts);
}
END_TEST

SUITE_MAIN("engine/arrival", test_zones, test_no_zone, test_beyond_calendars, test_staging)
