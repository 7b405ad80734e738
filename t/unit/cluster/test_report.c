/* Reports: by time with its gaps and days of 23 and 25 hours, by names, totals. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "control/report_by.h"
#include "policyd/cluster/report.h"
#include "t/lib/suite.h"

#define HOUR 498696 /* 2026-11-22T00:00:00Z */

static json_t *rows;

static void take(void *ctx, json_t *row)
{
    (void)ctx;
    json_array_append_new(rows, row);
}

static struct counts *messages(unsigned count, const char *rule)
{
    struct counts *counts = counts_new();
    struct event event = {.kind = EVENT_MESSAGE,
                          .verdict = SPAN("deliver"),
                          .rule = span_of(rule),
                          .recipients = 1,
                          .latency_us = 1000};

    for (unsigned i = 0; i < count; i++)
        counts_event(counts, &event);
    return counts;
}

static void add(struct report *report, int64_t hour, const char *node, unsigned count,
                const char *rule)
{
    struct counts *counts = messages(count, rule);

    report_add(report, hour, node, counts);
    counts_free(&counts);
}

static void finish(struct report **report)
{
    json_decref(rows);
    rows = json_array();
    report_rows(*report, take, NULL);
    report_free(report);
}

static const char *key(size_t index)
{
    return json_string_value(json_object_get(json_array_get(rows, index), "key"));
}

static json_int_t number(size_t index, const char *name)
{
    return json_integer_value(json_object_get(json_array_get(rows, index), name));
}

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

START_TEST(test_hours)
{
    const struct report_options options = {REPORT_BY_TIME, HOUR, HOUR + 3, 20};
    struct report *report;

    set_zone("Europe/Zurich");
    report = report_new(&options);
    add(report, HOUR, "a", 2, "r");
    add(report, HOUR + 3, "b", 1, "r");
    add(report, HOUR + 4, "b", 100, "r"); /* past the end */
    finish(&report);
    ck_assert_uint_eq(json_array_size(rows), 5);
    ck_assert_str_eq(key(0), "2026-11-22 01:00");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(rows, 0), "time")),
                     "2026-11-22T00:00:00Z");
    ck_assert_int_eq(number(0, "messages"), 2);
    ck_assert_int_eq(number(1, "messages"), 0);
    ck_assert_int_eq(number(3, "messages"), 1);
    ck_assert_str_eq(key(4), "total");
    ck_assert_int_eq(number(4, "messages"), 3);
    ck_assert(json_object_get(json_array_get(rows, 1), "p50_ms") == NULL);
    ck_assert(json_real_value(json_object_get(json_array_get(rows, 4), "p99_ms")) > 1.0);
}
END_TEST

/* 2026-10-25 has 25 hours in Zurich, 2026-03-29 has 23. */
static void expect_days(int64_t from, int64_t until, size_t days, size_t long_day,
                        unsigned hours)
{
    const struct report_options options = {REPORT_BY_TIME, from, until, 20};
    struct report *report = report_new(&options);

    for (int64_t hour = from; hour <= until; hour++)
        add(report, hour, "a", 1, "r");
    finish(&report);
    ck_assert_uint_eq(json_array_size(rows), days + 1);
    ck_assert_int_eq(number(long_day, "messages"), hours);
    ck_assert_int_eq(number(days, "messages"), until - from + 1);
    ck_assert_uint_eq(strlen(key(0)), strlen("2026-10-23"));
}

START_TEST(test_days)
{
    set_zone("Europe/Zurich");
    /* 2026-10-21T22:00Z .. 2026-10-26T22:00Z: local midnight to 23:00 */
    expect_days(497950, 498070, 5, 3, 25);
    set_zone("UTC");
    expect_days(HOUR - 100, HOUR, 6, 1, 24);
    set_zone("Asia/Kolkata"); /* half an hour off: an hour counts where it begins */
    expect_days(HOUR - 100, HOUR, 5, 1, 24);
}
END_TEST

START_TEST(test_names)
{
    const struct report_options options = {DIMENSION_RULE, HOUR, HOUR, 2};
    struct report *report = report_new(&options);

    add(report, HOUR, "a", 1, "x");
    add(report, HOUR, "a", 5, "y");
    add(report, HOUR, "b", 3, "z");
    add(report, HOUR, "b", 4, "w");
    finish(&report);
    ck_assert_uint_eq(json_array_size(rows), 4);
    ck_assert_str_eq(key(0), "y");
    ck_assert_str_eq(key(1), "w");
    ck_assert_str_eq(key(2), "other");
    ck_assert_int_eq(number(2, "messages"), 4);
    ck_assert_int_eq(number(3, "messages"), 13);
}
END_TEST

START_TEST(test_nodes)
{
    const struct report_options options = {REPORT_BY_NODE, HOUR, HOUR + 1, 20};
    struct report *report = report_new(&options);

    add(report, HOUR, "a", 1, "x");
    add(report, HOUR, "b", 2, "x");
    add(report, HOUR + 1, "a", 3, "x");
    finish(&report);
    ck_assert_uint_eq(json_array_size(rows), 3);
    ck_assert_int_eq(number(0, "messages"), 4);
    ck_assert_int_eq(number(0, "recipients"), 4);
    ck_assert_int_eq(number(2, "messages"), 6);
}
END_TEST

/* milter-ctl, policyd and what is stored use the same words. */
START_TEST(test_words)
{
    size_t words = 0, dimensions = 0;
    int value;

    for (; report_by_words[words].name != NULL; words++) {
        ck_assert(report_by_value(span_of(report_by_words[words].name), &value));
        ck_assert_str_eq(report_by_name(value), report_by_words[words].name);
    }
    for (; dimension_names[dimensions].name != NULL; dimensions++) {
        ck_assert(report_by_value(span_of(dimension_names[dimensions].name), &value));
        ck_assert_int_eq(value, dimension_names[dimensions].value);
    }
    ck_assert_uint_eq(words, dimensions + 2); /* time and node */
    ck_assert(!report_by_value(SPAN("weather"), &value));
}
END_TEST

SUITE_MAIN("report", test_hours, test_days, test_names, test_nodes, test_words)
