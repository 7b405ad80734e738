/* Tag lists: what is one, what is not, and the ways a value is read. */
#include "mail/tags.h"

#include "t/lib/suite.h"

/* Each list as "name=value|name=value|", or what is wrong with it. */
static const struct {
    struct span text;
    const char *wanted;
} lists[] = {
    {{"v=DKIM1; k=rsa; p=AB", 20}, "v=DKIM1|k=rsa|p=AB|"},
    {{"v=1;", 4}, "v=1|"},
    {{"v=1; \r\n\t", 8}, "v=1|"},
    {{" v \r\n = \t1 ; a\t=\r\n b c ;", 24}, "v=1|a=b c|"},
    {{"a=", 2}, "a=|"},
    {{"a=b=c==", 7}, "a=b=c==|"},
    {{"V=1;v=2", 7}, "V=1|v=2|"},
    {{"x_1=\xc3\xa9", 6}, "x_1=\xc3\xa9|"},
    {{"a=b\r\n c", 7}, "a=b\r\n c|"},
    {{"", 0}, "no tags at all"},
    {{";", 1}, "not a list of tags like v=1; a=b"},
    {{"a=1;;b=2", 8}, "not a list of tags like v=1; a=b"},
    {{"a=1;;", 5}, "not a list of tags like v=1; a=b"},
    {{"=1", 2}, "not a list of tags like v=1; a=b"},
    {{"1a=1", 4}, "not a list of tags like v=1; a=b"},
    {{"a b=1", 5}, "not a list of tags like v=1; a=b"},
    {{"a-b=1", 5}, "not a list of tags like v=1; a=b"},
    {{"only words", 10}, "not a list of tags like v=1; a=b"},
    {{"a=1; b", 6}, "not a list of tags like v=1; a=b"},
    {{"a=1; b=2; a=1", 13}, "the tag a= stands there twice"},
    {{"a=x\0y", 5}, "a control character in a tag"},
    {{"a=x\x7fy", 5}, "a control character in a tag"},
};

START_TEST(test_lists)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct tags tags;
        struct err err = {""};
        struct str got = STR_EMPTY;

        if (tags_read(lists[i].text, &tags, &err) < 0)
            str_adds(&got, err.text);
        else
            for (size_t t = 0; t < tags.count; t++)
                str_printf(&got, "%.*s=%.*s|", SPAN_ARG(tags.list[t].name),
                           SPAN_ARG(tags.list[t].value));
        ck_assert_msg(strcmp(str_cstr(&got), lists[i].wanted) == 0, "%s gives %s",
                      lists[i].text.ptr, str_cstr(&got));
        str_clear(&got);
    }
}
END_TEST

START_TEST(test_limits)
{
    struct str text = STR_EMPTY;
    struct tags tags;
    struct err err = {""};

    for (int i = 0; i < TAGS_MAX; i++)
        str_printf(&text, "a%d=%d;", i, i);
    ck_assert_int_eq(tags_read(str_span(&text), &tags, &err), 0);
    ck_assert_uint_eq(tags.count, TAGS_MAX);
    ck_assert(span_is(tags_value(&tags, "a47", SPAN("")), "47"));
    str_adds(&text, "b=1");
    ck_assert_int_eq(tags_read(str_span(&text), &tags, &err), -1);
    str_reset(&text);
    str_adds(&text, "a=");
    while (text.len <= TAGS_TEXT_MAX)
        str_addc(&text, 'x');
    ck_assert_int_eq(tags_read(str_span(&text), &tags, &err), -1);
    str_clear(&text);
}
END_TEST

START_TEST(test_values)
{
    struct tags tags;
    struct err err;
    struct span rest = SPAN(" From : To:\r\n\tSubject "), piece;
    size_t count = 0;

    ck_assert_int_eq(tags_read(SPAN("b= x y ;t=s:y; c="), &tags, &err), 0);
    ck_assert(span_is(tags_find(&tags, "b")->raw, " x y "));
    ck_assert_ptr_null(tags_find(&tags, "B"));
    ck_assert(span_is(tags_value(&tags, "q", SPAN("dns/txt")), "dns/txt"));
    ck_assert(span_is(tags_value(&tags, "c", SPAN("other")), ""));
    ck_assert(tags_has_piece(tags_value(&tags, "t", SPAN("")), ':', "y"));
    ck_assert(!tags_has_piece(tags_value(&tags, "t", SPAN("")), ':', "Y"));
    while (tags_piece(&rest, ':', &piece))
        ck_assert_msg(span_is(piece, ((const char *[]){"From", "To", "Subject"})[count++]),
                      "piece %zu: %.*s", count, SPAN_ARG(piece));
    ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(test_base64)
{
    static const struct {
        const char *text, *wanted; /* NULL: malformed */
    } cases[] = {
        {"YWJj", "abc"},      {"Y W\r\n\tJ j", "abc"},
        {"YWI=", "ab"},       {"YWI", "ab"},
        {"YQ==", "a"},        {"YQ", "a"},
        {"YQ=", "a"},         {"Y", NULL},
        {"", NULL},           {" \r\n", NULL},
        {"YWJj*", NULL},      {"YW=Jj", NULL},
        {"YWJjYQ==", "abca"}, {"YR==", NULL},
        {"=", NULL},          {"====", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str out = STR_EMPTY;
        bool is_good;

        str_adds(&out, "before ");
        is_good = tags_base64(span_of(cases[i].text), &out);
        ck_assert_msg(is_good == (cases[i].wanted != NULL), "%s", cases[i].text);
        ck_assert_str_eq(str_cstr(&out) + 7, is_good ? cases[i].wanted : "");
        str_clear(&out);
    }
}
END_TEST

SUITE_MAIN("tags", test_lists, test_limits, test_values, test_base64)
