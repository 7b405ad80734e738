/* Rates of a trial: sums over the last hour, sources that start again, and the bounds. */
#include "policyd/cluster/rates.h"

#include "t/lib/suite.h"

#define MINUTE 60000

START_TEST(test_hour)
{
    struct rates rates = {0};
    struct rates_counts now = {0}, hour;

    for (int64_t minute = 0; minute <= 90; minute++) {
        rates_feed(&rates, 0, &now, minute * MINUTE);
        now.decisions += 10;
        now.rejected += minute < 80 ? 1 : 5;
    }
    rates_hour(&rates, 90 * MINUTE, &hour);
    ck_assert_uint_eq(hour.decisions, 600);
    ck_assert_uint_eq(hour.rejected, 50 + 50);
    rates_hour(&rates, 200 * MINUTE, &hour);
    ck_assert_uint_eq(hour.decisions, 0);
    ck_assert_uint_eq(rates.total.decisions, 900);
}
END_TEST

/* What counts from 0 again adds what it has, and takes nothing away; each source by itself. */
START_TEST(test_restart)
{
    struct rates rates = {0};
    const struct rates_counts steps[] = {
        {100, 1, 0, 0}, {150, 2, 0, 0}, {5, 1, 0, 0}, {9, 1, 0, 0}};
    const struct rates_counts other = {1000, 0, 0, 0};

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        rates_feed(&rates, 0, &steps[i], 1);
        rates_feed(&rates, 1, &other, 1);
    }
    ck_assert_uint_eq(rates.total.decisions, 50 + 5 + 4);
    ck_assert_uint_eq(rates.total.rejected, 1 + 1);
}
END_TEST

START_TEST(test_bounds)
{
    static const struct {
        const char *name;
        struct rates_counts before, during;
        enum rates_verdict want;
        const char *why;
    } cases[] = {
        {"nothing happened",
         {0, 0, 0, 0},
         {0, 0, 0, 0},
         RATES_TOO_FEW,
         "only 0 of at least 20"},
        {"too few to say, however bad",
         {1000, 0, 0, 0},
         {19, 19, 19, 19},
         RATES_TOO_FEW,
         "only 19"},
        {"the same", {1000, 400, 50, 0}, {100, 40, 5, 0}, RATES_WITHIN, ""},
        {"better", {1000, 400, 50, 9}, {100, 0, 0, 0}, RATES_WITHIN, ""},
        {"defers 5 points more", {1000, 0, 0, 0}, {40, 0, 2, 0}, RATES_WITHIN, ""},
        {"defers 7.5 points more",
         {1000, 0, 0, 0},
         {40, 0, 3, 0},
         RATES_BREACH,
         "deferred: 7.5% of 40 decisions, 0.0% of 1000"},
        {"rejects 10 points more", {1000, 400, 0, 0}, {50, 25, 0, 0}, RATES_WITHIN, ""},
        {"rejects 12 points more",
         {1000, 400, 0, 0},
         {50, 26, 0, 0},
         RATES_BREACH,
         "rejected: 52.0%"},
        {"fails", {1000, 0, 0, 0}, {20, 0, 0, 2}, RATES_BREACH, "errors: 10.0%"},
        {"doubled, few decisions", {1000, 30, 0, 0}, {50, 4, 0, 0}, RATES_WITHIN, ""},
        {"doubled, many decisions",
         {1000, 30, 0, 0},
         {500, 40, 0, 0},
         RATES_BREACH,
         "rejected: 8.0%"},
        {"doubled, but next to nothing", {1000, 3, 0, 0}, {500, 5, 0, 0}, RATES_WITHIN, ""},
        {"nothing to compare with, well", {0, 0, 0, 0}, {100, 2, 2, 0}, RATES_WITHIN, ""},
        {"nothing to compare with, all refused",
         {0, 0, 0, 0},
         {20, 20, 0, 0},
         RATES_BREACH,
         "rejected: 100.0%"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str why = STR_EMPTY;

        ck_assert_msg(rates_judge(&cases[i].before, &cases[i].during, &why) == cases[i].want,
                      "%s: %s", cases[i].name, str_cstr(&why));
        ck_assert_msg(strncmp(str_cstr(&why), cases[i].why, strlen(cases[i].why)) == 0,
                      "%s: %s", cases[i].name, str_cstr(&why));
        str_clear(&why);
    }
}
END_TEST

SUITE_MAIN("rates", test_hour, test_restart, test_bounds)
