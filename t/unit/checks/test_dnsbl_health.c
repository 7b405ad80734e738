/* Lists that do not answer: when one is left out, when it is tried again, and what is said about it. */
#include <stdio.h>
#include "base/clock.h"
#include "checks/dnsbl_list.h"
#include "dns/dns.h"
#include "t/lib/fake_dns.h"
#include "t/lib/log_capture.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"

static struct dnsbl_list list;
static char trouble[DNSBL_TEXT];

static void begin(const char *text)
{
    struct dnsbl_zone zone;
    struct err err = {""};

    ck_assert(dnsbl_zone_parse(span_of(text), &zone, &err) == 0);
    dnsbl_list_init(&list, &zone, DNSBL_CLIENT);
    log_capture_begin();
    fake_dns_set_silent(false);
}

static void pass(int64_t ms)
{
    set_clock_hurry(ms);
    (void)clock_mono_ms();
    set_clock_hurry(0);
}

static void fails(int times)
{
    for (int i = 0; i < times; i++)
        dnsbl_note(&list, DNSBL_FAILED, "it does not answer in time", false);
}

static int lines(const char *words)
{
    int count = 0;

    for (const char *at = log_capture_text(); (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

START_TEST(five_failures_in_a_row_and_no_fewer)
{
    begin("zen.example");
    fails(4);
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_ASK);
    dnsbl_note(&list, DNSBL_NOT_LISTED, "", false);
    fails(4);
    ck_assert(!dnsbl_is_out(&list));
    ck_assert(!dnsbl_list_trouble(&list, trouble));
    ck_assert_int_eq(lines("zen.example"), 0);
    fails(1);
    ck_assert(dnsbl_is_out(&list));
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_LEAVE_OUT);
    ck_assert(dnsbl_list_trouble(&list, trouble));
    ck_assert_msg(strstr(trouble, "left out") != NULL && strstr(trouble, "60 s") != NULL, "%s",
                  trouble);
    ck_assert_int_eq(lines("block list zen.example: it does not answer in time"), 1);
}
END_TEST

START_TEST(the_pause_doubles_up_to_a_quarter_of_an_hour)
{
    static const int64_t pauses[] = {60, 120, 240, 480, 900, 900};

    begin("zen.example");
    fails(5);
    for (size_t i = 0; i < COUNT_OF(pauses); i++) {
        pass(pauses[i] * 1000 - 5000);
        ck_assert_int_eq(dnsbl_turn(&list), DNSBL_LEAVE_OUT);
        pass(6000);
        ck_assert_int_eq(dnsbl_turn(&list), DNSBL_TRY);
        ck_assert_int_eq(dnsbl_turn(&list), DNSBL_LEAVE_OUT); /* one question only */
        fails(3);                                             /* asked before: no matter */
        dnsbl_note(&list, DNSBL_FAILED, "it does not answer in time", true);
    }
    ck_assert_int_eq(lines("zen.example"), 1);
}
END_TEST

START_TEST(a_try_that_is_answered_brings_it_back)
{
    begin("zen.example");
    fails(5);
    pass(61000);
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_TRY);
    dnsbl_note(&list, DNSBL_NOT_ASKED, "", true); /* a bound of ours: tells nothing */
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_TRY);
    dnsbl_note(&list, DNSBL_LISTED, "", true);
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_ASK);
    ck_assert(!dnsbl_list_trouble(&list, trouble));
    ck_assert_int_eq(lines("in order again"), 1);
    fails(4);
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_ASK);
    fails(1);
    pass(55000);
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_LEAVE_OUT);
    pass(6000);
    ck_assert_int_eq(dnsbl_turn(&list), DNSBL_TRY); /* a minute again */
}
END_TEST

START_TEST(a_list_that_refuses_now_and_then_fills_no_log)
{
    begin("zen.example");
    for (int i = 0; i < 100; i++) {
        dnsbl_note(&list, DNSBL_REFUSED, "it answers 127.255.255.255", false);
        dnsbl_note(&list, DNSBL_NOT_LISTED, "", false);
    }
    ck_assert_int_eq(lines("zen.example"), 1);
    ck_assert(dnsbl_list_trouble(&list, trouble));
    ck_assert_str_eq(trouble, "it answers 127.255.255.255");
    ck_assert(!dnsbl_is_out(&list));
    pass(61000);
    dnsbl_note(&list, DNSBL_NOT_LISTED, "", false);
    ck_assert(!dnsbl_list_trouble(&list, trouble));
    ck_assert_int_eq(lines("in order again"), 1);
}
END_TEST

START_TEST(a_resolver_that_is_silent_is_no_fault_of_the_list)
{
    begin("zen.example");
    fake_dns_set_silent(true);
    fails(20);
    ck_assert(!dnsbl_is_out(&list));
    fake_dns_set_silent(false);
    fails(5);
    ck_assert(dnsbl_is_out(&list));
}
END_TEST

SUITE_MAIN("checks/dnsbl_health", five_failures_in_a_row_and_no_fewer,
           the_pause_doubles_up_to_a_quarter_of_an_hour, a_try_that_is_answered_brings_it_back,
           a_list_that_refuses_now_and_then_fills_no_log,
           a_resolver_that_is_silent_is_no_fault_of_the_list)
