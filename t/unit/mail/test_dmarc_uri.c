/* test_dmarc_uri.c - where DMARC reports go. */
#include "mail/dmarc_uri.h"
#include "t/lib/suite.h"

/* "uri limit; uri limit": what of a list reads. */
START_TEST(test_list)
{
    static const struct {
        const char *list, *wanted;
    } cases[] = {
        {"mailto:a@b.example", "mailto:a@b.example 0;"},
        {" mailto:a@b.example!10m , https://r.example/x?y=%2C ",
         "mailto:a@b.example 10485760;https://r.example/x?y=%2C 0;"},
        {"MAILTO:a@b.example!50K", "MAILTO:a@b.example 51200;"},
        {"mailto:a@b.example!7,mailto:c@d.example!1g,x:y!2t",
         "mailto:a@b.example 7;mailto:c@d.example 1073741824;x:y 2199023255552;"},
        {"a@b.example, mailto:c@d.example", "mailto:c@d.example 0;"},
        {"mailto:", ""},
        {":a@b.example", ""},
        {"mailto:a@b.example!", ""},
        {"mailto:a@b.example!m", ""},
        {"mailto:a@b.example!10p", ""},
        {"mailto:a@b.example!10m!10m", ""},
        {"mailto:a@b.example!99999999999999999999", ""},
        {"mailto:a b@c.example", ""},
        {"mailto:<a@b.example>", ""},
        {"1ailto:a@b.example", ""},
        {"mail to:a@b.example", ""},
        {"mailto:d\xc3\xb6rte@b.example", ""},
        {",,,", ""},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span rest = span_of(cases[i].list);
        struct str got = STR_EMPTY;
        struct dmarc_uri uri;

        while (dmarc_uri_next(&rest, &uri))
            str_printf(&got, "%.*s %llu;", SPAN_ARG(uri.uri),
                       (unsigned long long)uri.max_bytes);
        ck_assert_str_eq(str_cstr(&got), cases[i].wanted);
        ck_assert(dmarc_uri_any(span_of(cases[i].list)) == (got.len > 0));
        str_clear(&got);
    }
}
END_TEST

START_TEST(test_address)
{
    static const struct {
        const char *uri, *wanted; /* NULL: none */
    } cases[] = {
        {"mailto:a@b.example", "a@b.example"},
        {"MailTo:a%2Bx%21@b.example?subject=x@y", "a+x!@b.example"},
        {"mailto:a%40b.example", "a@b.example"},
        {"mailto:a%0d%0aBcc:@b.example", NULL},
        {"mailto:a%00@b.example", NULL},
        {"mailto:a%20@b.example", NULL},
        {"mailto:a%4@b.example", NULL},
        {"mailto:a@b.example%4", NULL},
        {"mailto:?to=a@b.example", NULL},
        {"mailto:a", NULL},
        {"https://b.example/@", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct dmarc_uri uri = {.uri = span_of(cases[i].uri)};
        struct str got = STR_EMPTY;

        str_adds(&got, "x@");
        ck_assert_msg(dmarc_uri_address(&uri, &got) == (cases[i].wanted != NULL), "%s",
                      cases[i].uri);
        ck_assert_str_eq(str_cstr(&got) + 2, cases[i].wanted != NULL ? cases[i].wanted : "");
        str_clear(&got);
    }
}
END_TEST

SUITE_MAIN("mail/dmarc_uri", test_list, test_address)
