/* test_domain_list.c - a domain, and what lies below those that are listed. */
#include "mail/domain_list.h"
#include "t/lib/suite.h"

START_TEST(test_holds)
{
    static const struct {
        const char *list, *domain;
        bool want;
    } cases[] = {
        {"", "a.example", false},
        {"a.example", "a.example", true},
        {"a.example", "b.a.example", true},
        {"a.example", "ba.example", false},
        {"a.example", "example", false},
        {"x.example,  A.Example. ,y.example", "mx.a.example", true},
        {"localhost, local", "printer.local", true},
        {"localhost, local", "local.example", false},
        {"a.example", "", false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(domain_list_holds(cases[i].list, span_of(cases[i].domain)) ==
                          cases[i].want,
                      "%s in %s", cases[i].domain, cases[i].list);
}
END_TEST

SUITE_MAIN("mail/domain_list", test_holds)
