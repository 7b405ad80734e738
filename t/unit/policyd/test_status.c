/* What status shows: counters, the last loops, what is out of order; and lines cut from a file. */
#include "base/xalloc.h"
#include <stdio.h>
#include "policyd/counters.h"
#include "policyd/health.h"
#include "policyd/lines.h"
#include "policyd/loops.h"

#include "t/lib/suite.h"

START_TEST(test_counters)
{
    for (int i = 0; i < COUNTER__COUNT; i++)
        ck_assert_ptr_nonnull(counters_name((enum counter)i));
    ck_assert(counters_requests_per_second() == 0);
    for (int second = 0; second < 30; second++) {
        counters_add(COUNTER_REQUESTS, second < 15 ? 100 : 7);
        counters_tick();
    }
    ck_assert(counters_requests_per_second() > 6.9 && counters_requests_per_second() < 7.1);
}
END_TEST

START_TEST(test_loops)
{
    char text[32];
    int64_t time;

    ck_assert(!loops_last(0, text, sizeof text, &time));
    for (int i = 0; i < LOOPS_KEPT + 3; i++) {
        snprintf(text, sizeof text, "loop %d", i);
        loops_note(span_of(text), i);
    }
    ck_assert(loops_last(0, text, sizeof text, &time));
    ck_assert_str_eq(text, "loop 12");
    ck_assert(loops_last(LOOPS_KEPT - 1, text, sizeof text, &time));
    ck_assert_int_eq(time, 3);
    ck_assert(!loops_last(LOOPS_KEPT, text, sizeof text, &time));
}
END_TEST

START_TEST(test_health)
{
    char text[HEALTH_TEXT];
    const char *name;

    health_set("maps", false, LOG_LEVEL_ERROR, "%s", "");
    health_set("milter", true, LOG_LEVEL_WARN, "gone %d", 1);
    health_set("milter", true, LOG_LEVEL_WARN, "gone %d", 2);
    ck_assert(health_at(0, &name, text));
    ck_assert_str_eq(text, "");
    ck_assert(health_at(1, &name, text));
    ck_assert_str_eq(name, "milter");
    ck_assert_str_eq(text, "gone 2");
    ck_assert(!health_at(2, &name, text));
}
END_TEST

START_TEST(test_lines)
{
    struct span *lines;
    struct err err;
    size_t count;

    ck_assert_int_eq(lines_split(SPAN("a\n\nb"), &lines, &count, &err), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert(span_is(lines[0], "a") && lines[1].len == 0 && span_is(lines[2], "b"));
    xfree(&lines);
    ck_assert_int_eq(lines_split(span_of(NULL), &lines, &count, &err), 0);
    ck_assert_uint_eq(count, 0);
    xfree(&lines);
}
END_TEST

SUITE_MAIN("status", test_counters, test_loops, test_health, test_lines)
