/* Enhanced status codes at the front of a reply. */
#include "mail/dsn.h"

#include "t/lib/suite.h"

START_TEST(test_cases)
{
    static const struct {
        const char *reply;
        int wanted;
        const char *code, *text, *error; /* error: part of what must be said */
        int smtp_code;
    } cases[] = {
        {"5.7.1 Relay access denied", 5, "5.7.1", "Relay access denied", NULL, 550},
        {"5.4.6   Routing loop ", 5, "5.4.6", "Routing loop", NULL, 554},
        {"5.6.0 x", 0, "5.6.0", "x", NULL, 554},
        {"4.7.1 later", 4, "4.7.1", "later", NULL, 451},
        {"4.3.2 later", 0, "4.3.2", "later", NULL, 451},
        {"5.999.999 x", 5, "5.999.999", "x", NULL, 550},
        {"4.7.1 later", 5, NULL, NULL, "4.7.1 is of class 4; here the code must begin with 5",
         0},
        {"5.7.1", 5, NULL, NULL, "no text follows the code; write \"5.7.1 the reason\"", 0},
        {"5.7.1  ", 5, NULL, NULL, "no text follows", 0},
        {"5.7 x", 5, NULL, NULL, "write \"5.7.1 the reason\"", 0},
        {"nothing", 4, NULL, NULL, "write \"4.7.1 the reason\"", 0},
        {"2.0.0 fine", 0, NULL, NULL, "enhanced status code", 0},
        {"5.07.1 x", 5, NULL, NULL, "enhanced status code", 0},
        {"5.7.1000 x", 5, NULL, NULL, "enhanced status code", 0},
        {"5.7.1.1 x", 5, NULL, NULL, "enhanced status code", 0},
        {"5..1 x", 5, NULL, NULL, "enhanced status code", 0},
        {"550 5.7.1 x", 5, NULL, NULL, "enhanced status code", 0},
        {"", 5, NULL, NULL, "enhanced status code", 0},
        {" 5.7.1 x", 5, NULL, NULL, "enhanced status code", 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dsn dsn;
        struct err err = {{0}};
        int result = dsn_parse(span_of(cases[i].reply), cases[i].wanted, &dsn, &err);

        ck_assert_msg((result < 0) == (cases[i].error != NULL), "%s: %s", cases[i].reply,
                      err.text);
        if (result < 0) {
            ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s: %s", cases[i].reply,
                          err.text);
            continue;
        }
        ck_assert_str_eq(dsn.code, cases[i].code);
        ck_assert(span_is(dsn.text, cases[i].text));
        ck_assert_int_eq(dsn.smtp_code, cases[i].smtp_code);
        ck_assert_int_eq(dsn.status_class, dsn.code[0] - '0');
    }
    ck_assert_int_eq(dsn_parse(span_of(NULL), 5, &(struct dsn){0}, NULL), -1);
}
END_TEST

SUITE_MAIN("dsn", test_cases)
