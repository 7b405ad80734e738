/* Views of bytes: comparing, searching, cutting, numbers. */
#include "base/span.h"

#include "t/lib/suite.h"

START_TEST(test_compare)
{
    static const struct {
        const char *a, *b;
        bool is_equal, is_iequal, starts, ends, istarts;
    } cases[] = {
        {"", "", true, true, true, true, true},
        {"abc", "abc", true, true, true, true, true},
        {"abc", "ABC", false, true, false, false, true},
        {"abc", "ab", false, false, true, false, true},
        {"abc", "bc", false, false, false, true, false},
        {"ab", "abc", false, false, false, false, false},
        {"a[", "a{", false, false, false, false, false}, /* not letters, though one bit apart */
        {"abc", "", false, false, true, true, true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span a = span_of(cases[i].a), b = span_of(cases[i].b);

        ck_assert_msg(span_equal(a, b) == cases[i].is_equal, "equal %zu", i);
        ck_assert_msg(span_iequal(a, b) == cases[i].is_iequal, "iequal %zu", i);
        ck_assert_msg(span_starts(a, b) == cases[i].starts, "starts %zu", i);
        ck_assert_msg(span_ends(a, b) == cases[i].ends, "ends %zu", i);
        ck_assert_msg(span_istarts(a, b) == cases[i].istarts, "istarts %zu", i);
    }
}
END_TEST

START_TEST(test_order)
{
    ck_assert_int_lt(span_compare(SPAN("a"), SPAN("b")), 0);
    ck_assert_int_lt(span_compare(SPAN("a"), SPAN("aa")), 0);
    ck_assert_int_gt(span_compare(SPAN("\xff"), SPAN("a")), 0);
    ck_assert_int_eq(span_compare(span_of(NULL), SPAN("")), 0);
    ck_assert_int_lt(span_compare(span_of(NULL), SPAN("a")), 0);
}
END_TEST

START_TEST(test_find)
{
    size_t at = 99;

    ck_assert(span_find(SPAN("abcabc"), SPAN("ca"), &at) && at == 2);
    ck_assert(span_find(SPAN("abc"), SPAN(""), &at) && at == 0);
    ck_assert(span_find(span_of(NULL), SPAN(""), &at));
    ck_assert(!span_find(span_of(NULL), SPAN("a"), &at));
    ck_assert(span_find(span_from("a\0b", 3), span_from("\0b", 2), &at) && at == 1);
}
END_TEST

START_TEST(test_trim)
{
    ck_assert(span_is(span_trim(SPAN(" \t\r\na b\n ")), "a b"));
    ck_assert(span_is(span_trim(SPAN(" \t ")), ""));
    ck_assert(span_is(span_trim(span_of(NULL)), ""));
}
END_TEST

START_TEST(test_cut)
{
    struct span rest = SPAN("a,,b,"), part;
    static const char *const wanted[] = {"a", "", "b", ""};

    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        ck_assert(span_cut(&rest, ',', &part));
        ck_assert(span_is(part, wanted[i]));
    }
    ck_assert(!span_cut(&rest, ',', &part));
    rest = SPAN("");
    ck_assert(span_cut(&rest, ',', &part) && part.len == 0);
    ck_assert(!span_cut(&rest, ',', &part));
}
END_TEST

START_TEST(test_numbers)
{
    static const struct {
        const char *text;
        uint64_t max, value;
        bool is_number;
    } cases[] = {
        {"0", 9, 0, true},
        {"007", 9, 7, true},
        {"10", 9, 0, false},
        {"", 9, 0, false},
        {"-1", 9, 0, false},
        {"+1", 9, 0, false},
        {" 1", 9, 0, false},
        {"1x", 99, 0, false},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
        {"18446744073709551616", UINT64_MAX, 0, false},
        {"99999999999999999999", UINT64_MAX, 0, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t value = 0;
        bool is_number = span_to_u64(span_of(cases[i].text), cases[i].max, &value);

        ck_assert_msg(is_number == cases[i].is_number, "%s", cases[i].text);
        ck_assert_msg(!is_number || value == cases[i].value, "%s", cases[i].text);
    }
}
END_TEST

SUITE_MAIN("span", test_compare, test_order, test_find, test_trim, test_cut, test_numbers)
