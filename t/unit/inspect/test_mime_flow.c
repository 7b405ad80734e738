/* test_mime_flow.c - lines that were cut are whole again. */
#include "milter/inspect/mime_flow.h"
#include "t/lib/suite.h"

struct flow_case {
    const char *text, *whole;
};

static void compare(void (*flow)(struct str *out, struct span text),
                    const struct flow_case *cases, size_t count)
{
    struct str out = STR_EMPTY;

    for (size_t i = 0; i < count; i++) {
        str_reset(&out);
        flow(&out, span_of(cases[i].text));
        ck_assert_str_eq(str_cstr(&out), cases[i].whole);
        ck_assert_uint_le(out.len, strlen(cases[i].text));
    }
    str_clear(&out);
}

START_TEST(test_unfold)
{
    static const struct flow_case cases[] = {
        {"a\r\n b\n\tc\nd", "abc\nd"},
        {"a\\nb\\Nc\\,d\\;e\\\\nf", "a\nb\nc,d;e\\nf"},
        {"a\\x\\", "a\\x\\"},
        {"a\r\n", "a\r\n"},
        {"\n ", ""},
        {"", ""},
    };

    compare(flow_unfold, cases, COUNT_OF(cases));
}
END_TEST

START_TEST(test_join)
{
    static const struct flow_case cases[] = {
        {"a \r\nb\nc", "ab\nc"}, {"> a \n>> b", "> ab"}, {"a \n  b", "a b"}, {"a  \nb", "a b"},
        {"a \n", "a"},           {"a ", "a "},           {" \n \n", "\n"},
    };

    compare(flow_join, cases, COUNT_OF(cases));
}
END_TEST

SUITE_MAIN("inspect/mime_flow", test_unfold, test_join)
