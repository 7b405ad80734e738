/* test_local_domains.c - which parameter of main.cf keeps a domain from its route: of text, and of the real postconf. */
#include "base/file.h"
#include "base/xalloc.h"
#include "policyd/maps/local_domains.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static const struct {
    const char *lines, *want;
} cases[] = {
    {"mydestination = a.example\n", "mydestination"},
    {"mydestination = x.example, a.example localhost\n", "mydestination"},
    {"mydestination = x.example,a.example,localhost\n", "mydestination"},
    {"mydestination = A.Example.\n", "mydestination"},
    {"mydestination =\t a.example \t\n", "mydestination"},
    {"mydestination = x.example\nvirtual_alias_domains = b.example a.example\n",
     "virtual_alias_domains"},
    {"virtual_mailbox_domains = a.example", "virtual_mailbox_domains"},
    {"mydestination = sub.a.example, a.example.org, xa.example\n", ""},
    {"mydestination = !a.example\n", ""},
    {"mydestination = hash:a.example, /a.example\n", ""},
    {"mydestination = \n", ""},
    {"mydestination =", ""},
    {"mydestination", ""},
    {"a.example = \n", ""},
    {"\n\n", ""},
    {"", ""},
};

START_TEST(test_find)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span found = local_domains_find(span_of(cases[i].lines), "a.example");

        ck_assert_msg(span_is(found, cases[i].want), "\"%s\": \"%.*s\"", cases[i].lines,
                      SPAN_ARG(found));
    }
}
END_TEST

START_TEST(test_idn)
{
    ck_assert(span_is(local_domains_find(SPAN("mydestination = M\xc3\xbcnchen.example\n"),
                                         "xn--mnchen-3ya.example"),
                      "mydestination"));
}
END_TEST

START_TEST(test_postconf)
{
    char dir[200];
    struct settings settings = {.postfix_config_dir = temp_dir_make(dir)};
    char *path = file_path(dir, "main.cf");
    struct err err;

    ck_assert_int_eq(
        file_replace(path,
                     SPAN("compatibility_level = 3.6\nmyhostname = mx.one.example\n"
                          "mydomain = one.example\nmydestination = $myhostname,\n"
                          "  localhost.$mydomain, $mydomain\n"
                          "virtual_mailbox_domains = two.example hash:/x\n"),
                     0644, NULL),
        0);
    ck_assert(local_domains_hold(&settings, "one.example", &err));
    ck_assert_msg(strstr(err.text, "since mydestination in ") != NULL, "%s", err.text);
    ck_assert(local_domains_hold(&settings, "mx.one.example", &err));
    ck_assert(local_domains_hold(&settings, "two.example", &err));
    ck_assert_msg(strstr(err.text, "virtual_mailbox_domains") != NULL, "%s", err.text);
    ck_assert(!local_domains_hold(&settings, "three.example", &err));
    temp_dir_remove(dir);
    ck_assert(!local_domains_hold(&settings, "one.example", &err)); /* nobody to ask */
    xfree(&path);
}
END_TEST

SUITE_MAIN("local_domains", test_find, test_idn, test_postconf)
