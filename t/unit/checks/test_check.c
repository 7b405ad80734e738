/* The table of checks: who learns a fact, and what a check needs of others. */
#include "checks/check.h"
#include "t/lib/suite.h"

static bool has_zones;

static bool is_idle(void)
{
    return !has_zones;
}

static const enum fact_id of_links[] = {FACT_DNSBL_URL, FACT__COUNT};
static const enum fact_id of_content[] = {FACT_SUBJECT, FACT_URL_HOST, FACT__COUNT};
static const enum fact_id needs[] = {FACT_URL_HOST, FACT__COUNT};
static const struct check lists = {
    .name = "lists", .facts = of_links, .needs = needs, .is_idle = is_idle};
static const struct check content = {.name = "content", .facts = of_content};
static const struct check *const table[] = {&lists, &content};

START_TEST(a_fact_is_learnt_by_the_check_that_names_it)
{
    checks_register(table, COUNT_OF(table));
    ck_assert_int_eq(checks_for(FACT_DNSBL_URL), 0);
    ck_assert_int_eq(checks_for(FACT_URL_HOST), 1);
    ck_assert_int_eq(checks_for(FACT_SPF), -1);
}
END_TEST

START_TEST(a_check_with_nothing_to_ask_needs_nobody)
{
    has_zones = false;
    ck_assert_int_eq(check_needs(&lists)[0], FACT__COUNT);
    has_zones = true;
    ck_assert_int_eq(check_needs(&lists)[0], FACT_URL_HOST);
    ck_assert_int_eq(check_needs(&content)[0], FACT__COUNT);
}
END_TEST

SUITE_MAIN("checks/check", a_fact_is_learnt_by_the_check_that_names_it,
           a_check_with_nothing_to_ask_needs_nobody)
