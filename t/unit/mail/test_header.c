/* Header names, strictly and suspiciously. */
#include "mail/header.h"

#include "t/lib/suite.h"

START_TEST(test_kinds)
{
    static const struct {
        struct span name;
        enum header_kind suspected, exact;
    } cases[] = {
        {{"X-Postgate-Trace", 16}, HEADER_POSTGATE_TRACE, HEADER_POSTGATE_TRACE},
        {{"x-postgate-TRACE \t", 18}, HEADER_POSTGATE_TRACE, HEADER_POSTGATE_TRACE},
        {{"X-Postgate-Release", 18}, HEADER_POSTGATE_RELEASE, HEADER_POSTGATE_RELEASE},
        {{"X-Postgate-Anything", 19}, HEADER_POSTGATE, HEADER_POSTGATE},
        {{" X-Postgate-Trace", 17}, HEADER_POSTGATE_TRACE, HEADER_OTHER},
        {{"X-Post\x01gate-\xa0Trace", 18}, HEADER_POSTGATE_TRACE, HEADER_OTHER},
        {{"X-Postgate-T\0race", 17}, HEADER_POSTGATE_TRACE, HEADER_POSTGATE},
        {{"X-Postgate", 10}, HEADER_OTHER, HEADER_OTHER},
        {{"X-Postgatekeeper", 16}, HEADER_OTHER, HEADER_OTHER},
        {{"AUTHENTICATION-results", 22}, HEADER_AUTHRES, HEADER_AUTHRES},
        {{"Authentication-Results\t", 23}, HEADER_AUTHRES, HEADER_AUTHRES},
        {{"Authentication -Results", 23}, HEADER_AUTHRES, HEADER_OTHER},
        {{"arc-authentication-RESULTS ", 27}, HEADER_ARC_AUTHRES, HEADER_ARC_AUTHRES},
        {{"ARC-Authentication\xa0-Results", 27}, HEADER_ARC_AUTHRES, HEADER_OTHER},
        {{"X-ARC-Authentication-Results", 28}, HEADER_OTHER, HEADER_OTHER},
        {{"X-MS-Exchange-Organization-SCL", 30}, HEADER_EXCHANGE, HEADER_EXCHANGE},
        {{"x-ms-exchange-ORGANIZATION-AuthAs\t", 34}, HEADER_EXCHANGE, HEADER_EXCHANGE},
        {{"X-MS-Exchange-\x01Organization-", 28}, HEADER_EXCHANGE, HEADER_OTHER},
        {{"X-MS-Exchange-Organization", 26}, HEADER_OTHER, HEADER_OTHER},
        {{"received", 8}, HEADER_RECEIVED, HEADER_RECEIVED},
        {{"Message-Id", 10}, HEADER_MESSAGE_ID, HEADER_MESSAGE_ID},
        {{"Subject ", 8}, HEADER_SUBJECT, HEADER_SUBJECT},
        {{"", 0}, HEADER_OTHER, HEADER_OTHER},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_msg(header_kind_of(cases[i].name) == cases[i].suspected, "%s",
                      cases[i].name.ptr);
        ck_assert_msg(header_kind_exact(cases[i].name) == cases[i].exact, "%s",
                      cases[i].name.ptr);
    }
}
END_TEST

START_TEST(test_names)
{
    char longest[HEADER_NAME_MAX + 1];

    memset(longest, 'x', sizeof(longest));
    ck_assert(header_name_is_valid(SPAN("X-!#$%&'*")));
    ck_assert(header_name_is_valid(span_from(longest, HEADER_NAME_MAX)));
    ck_assert(!header_name_is_valid(span_from(longest, sizeof(longest))));
    ck_assert(!header_name_is_valid(SPAN("")));
    ck_assert(!header_name_is_valid(SPAN("a:b")));
    ck_assert(!header_name_is_valid(SPAN("a b")));
    ck_assert(!header_name_is_valid(SPAN("a\x7f")));
    ck_assert(!header_name_is_valid(SPAN("\xc3\xbc")));
    ck_assert(header_name_is(SPAN("From \t"), SPAN("from")));
    ck_assert(!header_name_is(SPAN(" From"), SPAN("from")));
    ck_assert_int_eq(header_kind_of(span_from(longest, sizeof(longest))), HEADER_OTHER);
}
END_TEST

START_TEST(test_unfold)
{
    struct str out = STR_EMPTY;

    header_unfold(&out, SPAN(" one\r\n\ttwo\n three \r\n"));
    ck_assert_str_eq(str_cstr(&out), "one\ttwo three");
    str_reset(&out);
    header_unfold(&out, span_of(NULL));
    ck_assert_str_eq(str_cstr(&out), "");
    str_clear(&out);
}
END_TEST

SUITE_MAIN("header", test_kinds, test_names, test_unfold)
