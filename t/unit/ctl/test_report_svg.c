/* Pictures of reports: as many bars as rows, foreign names escaped, nothing divided by zero. */
#include "milter/ctl/report_svg.h"
#include "t/lib/suite.h"

static size_t count(const struct str *text, const char *what)
{
    size_t found = 0;

    for (const char *at = str_cstr(text); (at = strstr(at, what)) != NULL; at++)
        found++;
    return found;
}

static void add(json_t *rows, const char *key, int delivered, int stopped)
{
    json_array_append_new(rows, json_pack("{s:s,s:i,s:i,s:i}", "key", key, "delivered",
                                          delivered, "stopped", stopped, "refused", 0));
}

static json_t *total(json_t *rows)
{
    add(rows, "total", 1000000, 0);
    json_object_set_new(json_array_get(rows, json_array_size(rows) - 1), "is_total",
                        json_true());
    return rows;
}

static void draw(struct str *svg, const json_t *rows, bool is_by_time)
{
    const struct picture picture = {"A <title>", rows, is_by_time};

    report_svg(svg, &picture);
    ck_assert(span_starts(str_span(svg), SPAN("<svg ")));
    ck_assert(span_ends(str_span(svg), SPAN("</svg>\n")));
    ck_assert_uint_eq(count(svg, "A &lt;title&gt;"), 1);
    ck_assert_uint_eq(count(svg, "nan") + count(svg, "inf") + count(svg, "<title>t"), 0);
}

START_TEST(test_time)
{
    json_t *rows = json_array();
    struct str svg = STR_EMPTY;

    for (int i = 0; i < 20; i++)
        add(rows, "2026-11-22 05:00", i, i % 2);
    draw(&svg, total(rows), true);
    ck_assert_uint_eq(count(&svg, "<g>"), 20);
    ck_assert_uint_eq(count(&svg, ">05:00</text>"), 10); /* each second one */
    json_decref(rows);
    str_clear(&svg);
}
END_TEST

START_TEST(test_names)
{
    json_t *rows = json_array();
    struct str svg = STR_EMPTY;

    add(rows, "<script>alert(1)</script>", 10, 0);
    add(rows, "a name that is much longer than what has room", 5, 5);
    add(rows, "", 0, 0);
    draw(&svg, total(rows), false);
    ck_assert_uint_eq(count(&svg, "<g>"), 3);
    ck_assert_uint_eq(count(&svg, "<script"), 0);
    ck_assert_uint_eq(count(&svg, "&lt;script&gt;"), 2); /* label and hover */
    ck_assert_uint_eq(count(&svg, "a name that is much longer tha\xe2\x80\xa6</text>"), 1);
    json_decref(rows);
    str_clear(&svg);
}
END_TEST

START_TEST(test_nothing)
{
    json_t *rows = json_array();
    struct str svg = STR_EMPTY;

    draw(&svg, total(rows), true);
    str_reset(&svg);
    draw(&svg, rows, false);
    json_array_insert_new(rows, 0,
                          json_pack("{s:s}", "key", "2026")); /* a key that is no time */
    str_reset(&svg);
    draw(&svg, rows, true);
    json_decref(rows);
    str_clear(&svg);
}
END_TEST

SUITE_MAIN("report_svg", test_time, test_names, test_nothing)
