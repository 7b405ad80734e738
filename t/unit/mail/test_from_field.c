/* test_from_field.c - which From fields every program reads alike. */
#include "mail/from_field.h"
#include "base/clock.h"
#include "base/str.h"
#include "t/lib/suite.h"

START_TEST(test_plain)
{
    static const char *const fields[] = {
        "a@b.example",
        " a@b.example ",
        "<a@b.example>",
        "Ann <a@b.example>",
        "Ann B. Smith <a@b.example>",
        "A.B. Smith<a@b.example>",
        "\"Smith, Ann\" <a@b.example>",
        "\"Ann \\\"B\\\" (x) <y>\" <a@b.example>",
        "\"ceo@bank.example\" <c@d.example>",
        "\"Ann\" \"Smith\" <a@b.example>",
        "\"Ann\"Smith <a@b.example>",
        "'Ann' <a@b.example>",
        "(Ann (of \\) b)) a@b.example (x)",
        "Ann (x) <a@b.example> (y)",
        "=?utf-8?q?ceo=40bank.example?= <c@d.example>",
        "=?utf-8?q?a?= =?utf-8?q?b?= <c@d.example>",
        "D\xc3\xb6rte <d\xc3\xb6rte@b\xc3\xbc"
        "cher.example>",
        "D\xf6rte <d@b.example>", /* Latin-1: only of the name */
        "a@b.example, c@d.example",
        "Ann <a@b.example>,Bob <c@d.example>",
        "\"a b\"@c.example",
        "a+b=c/d@e.example",
        "a@[192.0.2.1]",
        "root",
        "Cron <root>",
    };

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        ck_assert_msg(from_field_is_plain(span_of(fields[i])), "%s", fields[i]);
}
END_TEST

START_TEST(test_crooked)
{
    static const char *const fields[] = {
        "",
        " ",
        ",",
        "a@b.example,",
        ",a@b.example",
        "a@b.example;c@d.example",
        "a@b.example; c@d.example",
        "a@b.example c@d.example",
        "a@b@c.example",
        "a@b.example <c@d.example>",
        "a@b.example, x <c@d.example",
        "<a@b.example> <c@d.example>",
        "<a@b.example>c@d.example",
        "<a@b.example>>",
        "<<a@b.example>>",
        "Ann <<a@b.example>",
        "Ann <a@b.example",
        "Ann a@b.example>",
        "Ann a@b.example",
        "<a@b.example, c@d.example>",
        "a@b.example\\, c@d.example",
        "a@b.example (c@d.example)",
        "(<c>) a@b.example",
        "(Ann a@b.example",
        "(Ann \\) a@b.example",
        "Ann) a@b.example",
        "\"Ann a@b.example",
        "\"Ann\\\" <a@b.example>",
        "Group: a@b.example;",
        "Group:;",
        "Ann: <a@b.example>",
        "mailto:a@b.example",
        "<@x.example:a@b.example>",
        "<>",
        "a @b.example",
        "a@ b.example",
        "a(x)@b.example",
        "a@b..example",
        "a@b.example.",
        ".a@b.example",
        "a.@b.example",
        "\"a\".b@c.example",
        "a@[192.0.2.1",
        "a@[x] y@z",
        "a@b.example [c@d.example]",
        "=?utf-8?q?ceo=40bank.example?=",
        "ann=?utf-8?q?x?=@b.example",
        "a@=?utf-8?q?b?=.example",
        "d\xf6rte@b.example",
        "a@b\xf6.example",
        "Foo, Inc <a@b.example>",
        "root, a@b.example",
        "a@b.example\x01",
        "\"a\x01\" <a@b.example>",
        "\"a\rb\" <a@b.example>",
        "\x7f <a@b.example>",
    };

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        ck_assert_msg(!from_field_is_plain(span_of(fields[i])), "%s", fields[i]);
    ck_assert(!from_field_is_plain(span_from("a@b.example\0,c@d.example", 24)));
    ck_assert(!from_field_is_plain(span_from("\"a\0\" <c@d.example>", 18)));
}
END_TEST

/* All that some program may take for an address. */
START_TEST(test_guess)
{
    static const struct {
        const char *value, *wanted;
    } cases[] = {
        {"a@b.example", "a@b.example "},
        {"a@b.example;c@d.example", "a@b.example c@d.example "},
        {"a@b.example c@d.example", "a@b.example c@d.example "},
        {"a@b.example\\, c@d.example", "a@b.example c@d.example "},
        {"a@b@c.example", "a@b b@c.example "},
        {"a@b.example.@c.example..", "a@b.example b.example.@c.example "},
        {"<a@b.example>c@d.example", "a@b.example c@d.example "},
        {"<a@b.example> <c@d.example>", "a@b.example c@d.example "},
        {"Ann <a@b.example <c@d.example>", "a@b.example c@d.example "},
        {"Ann <a@b.example", "a@b.example "},
        {"Ann a@b.example>", "a@b.example "},
        {"a@b.example <c@d.example", "c@d.example "}, /* a display name */
        {"x a@b.example y <c@d.example>,", "c@d.example "},
        {"\"a@b.example, Ann\" <c@d.example>,", "c@d.example "},
        {"\"a@b.example c@d.example", "a@b.example c@d.example "}, /* it does not end */
        {"\"a b\"@c.example; \"d\"@e.example", "\"a b\"@c.example \"d\"@e.example "},
        {"\"a\\\"\"@c.example@d.example", "\"a\\\"\"@c.example c.example@d.example "},
        {"(a@b.example) c@d.example", "c@d.example "},
        {"(a@b.example c@d.example", "a@b.example c@d.example "},
        {"Group: a@b.example, c@d.example;", "a@b.example c@d.example "},
        {"<@x.example:a@b.example>", "a@b.example "},
        {"mailto:a@b.example", "a@b.example "},
        {"a@[192.0.2.1]x", "a@[192.0.2.1]x "},
        {"a @b.example, c@ d.example", ""}, /* GMime reads these */
        {"@", ""},
        {"@@@", ""},
        {"a@.", ""},
        {"root", ""},
        {"", ""},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct from_guess guess = {.rest = span_of(cases[i].value)};
        struct str got = STR_EMPTY;
        struct span address;

        while (from_field_guess(&guess, &address)) {
            str_add(&got, address);
            str_addc(&got, ' ');
        }
        ck_assert_msg(strcmp(str_cstr(&got), cases[i].wanted) == 0, "%s: %s", cases[i].value,
                      str_cstr(&got));
        str_clear(&got);
    }
}
END_TEST

/* As much as a field may hold, of what nests or repeats: read in one pass. */
START_TEST(test_long)
{
    enum { LENGTH = 128 * 1024 };
    static const char *const fills[] = {"(",  "((x)",   "\"x\" ", "x ",  "x.",
                                        ".",  "a@b.c,", "<",      "\"",  "a@b ",
                                        "a@", "\"a\"@", "(\"",    "\\(", "a@b<"};
    char *text = malloc(LENGTH);
    int64_t begun = clock_mono_ms();

    for (size_t i = 0; i < COUNT_OF(fills); i++) {
        struct from_guess guess = {.rest = span_from(text, LENGTH)};
        struct span address;
        for (size_t at = 0; at < LENGTH; at++)
            text[at] = fills[i][at % strlen(fills[i])];
        ck_assert_msg(!from_field_is_plain(span_from(text, LENGTH)), "%s", fills[i]);
        while (from_field_guess(&guess, &address))
            ck_assert_uint_ge(address.len, 3);
    }
    ck_assert_int_lt(clock_mono_ms() - begun,
                     5000); /* 50 ms; by the square it would be minutes */
    free(text);
}
END_TEST

SUITE_MAIN("mail/from_field", test_plain, test_crooked, test_guess, test_long)
