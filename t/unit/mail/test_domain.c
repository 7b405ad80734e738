/* Domains: every spelling to one, rubbish refused. */
#include "mail/domain.h"

#include "t/lib/suite.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

START_TEST(test_normalize)
{
    static const struct {
        const char *text, *wanted; /* NULL: refused */
    } cases[] = {
        {"example.com", "example.com"},
        {"EXAMPLE.Com", "example.com"},
        {"example.com.", "example.com"},
        {"_dmarc.example.com", "_dmarc.example.com"},
        {"localhost", "localhost"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"B\xc3\x9c"
         "CHER.example",
         "xn--bcher-kva.example"},
        {"bu\xcc\x88"
         "cher.example",
         "xn--bcher-kva.example"}, /* decomposed */
        {"xn--bcher-kva.EXAMPLE", "xn--bcher-kva.example"},
        {"fa\xc3\x9f.example", "xn--fa-hia.example"}, /* non-transitional: not fass */
        {"b\xc3\xbc"
         "cher\xe3\x80\x82"
         "example",
         "xn--bcher-kva.example"},                 /* ideographic full stop */
        {"\xef\xbd\x85xample.com", "example.com"}, /* fullwidth e */
        {LABEL63 ".example", LABEL63 ".example"},
        {LABEL63 "x.example", NULL},
        {LABEL63 "." LABEL63 "." LABEL63 "." LABEL63, NULL}, /* 255 */
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {".example.com", NULL},
        {"example..com", NULL},
        {"example.com..", NULL},
        {"exa mple.com", NULL},
        {"example.com\n", NULL},
        {"user@example.com", NULL},
        {"[192.0.2.1]", NULL},
        {"a/b", NULL},
        {"a\xff", NULL},
        {"\xe2\x80\xae.example", NULL}, /* right-to-left override */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[DOMAIN_SIZE] = "left over";
        bool is_fine = domain_normalize(span_of(cases[i].text), out);

        ck_assert_msg(is_fine == (cases[i].wanted != NULL), "%s gave %s", cases[i].text, out);
        ck_assert_str_eq(out, is_fine ? cases[i].wanted : "");
    }
}
END_TEST

START_TEST(test_bounds)
{
    char out[DOMAIN_SIZE];
    char text[5000];

    memset(text, 'a', sizeof(text));
    ck_assert(!domain_normalize(span_from(text, sizeof(text)), out));
    text[0] = '\xc3';
    text[1] = '\xbc';
    ck_assert(!domain_normalize(span_from(text, sizeof(text)), out));
    ck_assert(!domain_normalize(span_from("a\0b", 3), out));
    ck_assert(!domain_normalize(span_from("\xc3\xbc\0b", 4), out));
    ck_assert(!domain_normalize(span_of(NULL), out));
}
END_TEST

START_TEST(test_within)
{
    ck_assert(domain_is_within(SPAN("example.com"), SPAN("example.com")));
    ck_assert(domain_is_within(SPAN("a.example.com"), SPAN("example.com")));
    ck_assert(!domain_is_within(SPAN("aexample.com"), SPAN("example.com")));
    ck_assert(!domain_is_within(SPAN("com"), SPAN("example.com")));
    ck_assert(!domain_is_within(SPAN("com"), SPAN("")));
}
END_TEST

SUITE_MAIN("domain", test_normalize, test_bounds, test_within)
