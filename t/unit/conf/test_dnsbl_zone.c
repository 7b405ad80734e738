/* Block lists as the settings write them: what is read, which answers count, and what is refused. */
#include <stdio.h>
#include "base/str.h"
#include "conf/dnsbl_zone.h"
#include "t/lib/suite.h"

static struct dnsbl_zone zone;

static void parse(const char *text)
{
    struct err err = {""};

    ck_assert_msg(dnsbl_zone_parse(span_of(text), &zone, &err) == 0, "%s: %s", text, err.text);
}

static bool counts(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    const uint8_t answer[4] = {a, b, c, d};

    return dnsbl_zone_counts(&zone, answer);
}

START_TEST(name_answers_and_weight_are_read)
{
    parse(" zen.example.org=127.0.0.[2;4..7]*3 ");
    ck_assert(span_is(zone.name, "zen.example.org"));
    ck_assert_int_eq(zone.weight, 3);
    ck_assert_uint_eq(zone.answer_count, 1);
    parse("plain.example");
    ck_assert_int_eq(zone.weight, 1);
    ck_assert_uint_eq(zone.answer_count, 0);
    parse("weighty.example*1000");
    ck_assert(span_is(zone.name, "weighty.example"));
    ck_assert_int_eq(zone.weight, 1000);
}
END_TEST

START_TEST(only_the_answers_written_count)
{
    parse("zen.example.org=127.0.0.[2;4..7]");
    for (int i = 0; i < 256; i++)
        ck_assert_msg(counts(127, 0, 0, (uint8_t)i) == (i == 2 || (i >= 4 && i <= 7)), "%d", i);
    ck_assert(!counts(127, 0, 1, 2));
    ck_assert(!counts(126, 0, 0, 2));
}
END_TEST

START_TEST(every_part_may_be_a_set)
{
    parse("list.example=127.[0..255].[0;255].[1..3]");
    ck_assert(counts(127, 9, 0, 1));
    ck_assert(counts(127, 255, 255, 3));
    ck_assert(!counts(127, 9, 1, 1));
    ck_assert(!counts(127, 9, 0, 4));
}
END_TEST

START_TEST(one_of_several_patterns_is_enough)
{
    parse("list.example=127.0.0.2;127.0.1.[4;6];127.0.0.255*2");
    ck_assert_uint_eq(zone.answer_count, 3);
    ck_assert(counts(127, 0, 0, 2) && counts(127, 0, 1, 6) && counts(127, 0, 0, 255));
    ck_assert(!counts(127, 0, 1, 2) && !counts(127, 0, 0, 4));
}
END_TEST

START_TEST(without_a_pattern_all_of_127_counts_but_refusals)
{
    parse("plain.example");
    ck_assert(counts(127, 0, 0, 2) && counts(127, 254, 255, 255) && counts(127, 0, 255, 1));
    ck_assert(!counts(127, 255, 255, 254));
    ck_assert(!counts(127, 255, 0, 1));
    ck_assert(!counts(10, 0, 0, 2) && !counts(128, 0, 0, 2));
}
END_TEST

START_TEST(what_is_no_zone_is_refused)
{
    static const char *const bad[] = {
        "",
        ".",
        "a..b",
        "a.",
        ".a",
        "A.example",
        "a b",
        "a.example=",
        "a.example=1",
        "a.example=1.2.3",
        "a=1.2.3.4.5",
        "a=1.2.3.256",
        "a=1.2.3.[]",
        "a=1.2.3.[4",
        "a=1.2.3.4]",
        "a=1.2.3.[5..4]",
        "a=1.2.3.[4...5]",
        "a=1.2.3.[4;]",
        "a=1.2.3.-4",
        "a=1.2.3.4;",
        "a=;1.2.3.4",
        "a=]1.2.3.4[",
        "a=1.2.3.+4",
        "a*",
        "a*0",
        "a*1001",
        "a*-1",
        "a*x",
        "a*2*3",
        "a=1.2.3.4=1.2.3.5",
        "a=1.2.3.[[4]]",
        "a=1.2.3. 4",
        "a*99999999999999999999999",
    };
    struct err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err_reset(&err);
        ck_assert_msg(dnsbl_zone_parse(span_of(bad[i]), &zone, &err) == -1, "taken: %s",
                      bad[i]);
        ck_assert_msg(err.text[0] != '\0', "%s: no words", bad[i]);
    }
}
END_TEST

START_TEST(a_reversed_ipv6_address_fits_before_the_longest_zone)
{
    struct str longest = STR_EMPTY;
    struct err err = {""};

    for (int i = 0; i < 19; i++)
        str_adds(&longest, i < 18 ? "abcdefghi." : "abcdefghi");
    ck_assert_uint_eq(longest.len, 189);
    ck_assert(dnsbl_zone_parse(str_span(&longest), &zone, &err) == 0);
    str_addc(&longest, 'j');
    ck_assert(dnsbl_zone_parse(str_span(&longest), &zone, &err) == -1);
    str_clear(&longest);
}
END_TEST

START_TEST(a_setting_holds_each_zone_once_and_not_too_many)
{
    struct dnsbl_zone zones[DNSBL_ZONES_MAX];
    struct str many = STR_EMPTY;
    struct err err = {""};

    ck_assert_int_eq(dnsbl_zones_parse(SPAN(""), zones, &err), 0);
    ck_assert_int_eq(dnsbl_zones_parse(SPAN("a.example, b.example*2"), zones, &err), 2);
    ck_assert(span_is(zones[1].name, "b.example"));
    ck_assert_int_eq(zones[1].weight, 2);
    ck_assert_int_eq(dnsbl_zones_parse(SPAN("a.example, b, a.example*2"), zones, &err), -1);
    ck_assert_msg(strstr(err.text, "`a.example`") != NULL, "%s", err.text);
    ck_assert_int_eq(dnsbl_zones_parse(SPAN("a.example,"), zones, &err), -1);
    for (int i = 0; i < DNSBL_ZONES_MAX; i++)
        str_printf(&many, "%sz%d.example", i > 0 ? "," : "", i);
    ck_assert_int_eq(dnsbl_zones_parse(str_span(&many), zones, &err), DNSBL_ZONES_MAX);
    str_adds(&many, ",one-more.example");
    ck_assert_int_eq(dnsbl_zones_parse(str_span(&many), zones, &err), -1);
    str_clear(&many);
}
END_TEST

SUITE_MAIN("dnsbl_zone", name_answers_and_weight_are_read, only_the_answers_written_count,
           every_part_may_be_a_set, one_of_several_patterns_is_enough,
           without_a_pattern_all_of_127_counts_but_refusals, what_is_no_zone_is_refused,
           a_reversed_ipv6_address_fits_before_the_longest_zone,
           a_setting_holds_each_zone_once_and_not_too_many)
