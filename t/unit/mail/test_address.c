/* SMTP paths: what is compared, and what would be routed on. */
#include "mail/address.h"

#include "t/lib/suite.h"

enum { NULL_SENDER = 0, FINE = 1, BAD = -1 };

static const struct {
    const char *path;
    int result;
    const char *text, *local, *domain;
    bool is_routed;
} cases[] = {
    {"<a@example.com>", FINE, "a@example.com", "a", "example.com", false},
    {"a@example.com", FINE, "a@example.com", "a", "example.com", false},
    {"  <A.B+c@EXAMPLE.com.>  ", FINE, "a.b+c@example.com", "a.b+c", "example.com", false},
    {"<>", NULL_SENDER, "", "", "", false},
    {"", NULL_SENDER, "", "", "", false},
    {" < > ", NULL_SENDER, "", "", "", false},
    {"postmaster", FINE, "postmaster", "postmaster", "", false},
    {"<user%foreign.example@ours.example>", FINE, "user%foreign.example@ours.example",
     "user%foreign.example", "ours.example", true},
    {"<\"user@foreign.example\"@ours.example>", FINE, "user@foreign.example@ours.example",
     "user@foreign.example", "ours.example", true},
    {"user@foreign.example@ours.example", FINE, "user@foreign.example@ours.example",
     "user@foreign.example", "ours.example", true},
    {"<user\\@foreign.example@ours.example>", FINE, "user@foreign.example@ours.example",
     "user@foreign.example", "ours.example", true},
    {"<foreign.example!user@ours.example>", FINE, "foreign.example!user@ours.example",
     "foreign.example!user", "ours.example", true},
    {"<\"a!b\"@ours.example>", FINE, "a!b@ours.example", "a!b", "ours.example", true},
    {"<@foreign.example:user@ours.example>", FINE, "user@ours.example", "user", "ours.example",
     true},
    {"<@a.example,@b.example:user@ours.example>", FINE, "user@ours.example", "user",
     "ours.example", true},
    {"<@ours.example>", FINE, "@ours.example", "", "ours.example", true},
    {"<@a.example:>", BAD, "", "", "", false},
    {"<user%foreign.example>", FINE, "user%foreign.example", "user%foreign.example", "", true},
    {"<\"John Doe\"@ours.example>", FINE, "john doe@ours.example", "john doe", "ours.example",
     false},
    {"<\"user\"@ours.example>", FINE, "user@ours.example", "user", "ours.example", false},
    {"<\"us\\er\"@ours.example>", FINE, "user@ours.example", "user", "ours.example", false},
    {"<us\"e\"r@ours.example>", FINE, "user@ours.example", "user", "ours.example", false},
    {"<\"open@ours.example>", FINE, "\"open@ours.example", "\"open", "ours.example", false},
    {"<\"a\\\"b\"@ours.example>", FINE, "a\"b@ours.example", "a\"b", "ours.example", false},
    {"<\"\"@ours.example>", FINE, "@ours.example", "", "ours.example", true},
    {"<a@b\xc3\xbc"
     "cher.example>",
     FINE, "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example", false},
    {"<a@[192.0.2.1]>", FINE, "a@[192.0.2.1]", "a", "[192.0.2.1]", false},
    {"<a@[IPv6:2001:DB8::1]>", FINE, "a@[ipv6:2001:db8::1]", "a", "[ipv6:2001:db8::1]", false},
    {"<a@>", BAD, "", "", "", false},
    {"<a@..>", BAD, "", "", "", false},
    {"<a@exa mple>", BAD, "", "", "", false},
    {"<a\nb@ours.example>", BAD, "", "", "", false},
    {"<a\x7f@ours.example>", BAD, "", "", "", false},
    {"<a@[]>", BAD, "", "", "", false},
    {"<a@ours.example> SIZE=5", BAD, "", "", "", false},
};

START_TEST(test_cases)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address address;
        struct err err = {{0}};
        int result = address_parse(span_of(cases[i].path), &address, &err);

        ck_assert_msg(result == cases[i].result, "%s: %d %s", cases[i].path, result, err.text);
        ck_assert_msg((result < 0) == (err.text[0] != '\0'), "%s: %s", cases[i].path, err.text);
        ck_assert_str_eq(address.text, cases[i].text);
        ck_assert(span_is(address_text(&address), cases[i].text));
        ck_assert_msg(span_is(address_local(&address), cases[i].local), "%s", cases[i].path);
        if (result < 0)
            continue;
        ck_assert_msg(span_is(address_domain(&address), cases[i].domain), "%s", cases[i].path);
        ck_assert_msg(address.is_routed == cases[i].is_routed, "%s", cases[i].path);
    }
}
END_TEST

START_TEST(test_bounds)
{
    struct address address;
    char path[ADDRESS_PATH_MAX + 1];

    memset(path, 'a', sizeof(path));
    ck_assert_int_eq(address_parse(span_from(path, ADDRESS_LOCAL_MAX), &address, NULL), 1);
    ck_assert_uint_eq(address.len, ADDRESS_LOCAL_MAX);
    ck_assert_int_eq(address_parse(span_from(path, ADDRESS_LOCAL_MAX + 1), &address, NULL), -1);
    path[ADDRESS_LOCAL_MAX] = '@';
    ck_assert_int_eq(address_parse(span_from(path, ADDRESS_LOCAL_MAX + 11), &address, NULL), 1);
    ck_assert_uint_eq(address.len, ADDRESS_LOCAL_MAX + 11);
    ck_assert_int_eq(address_parse(span_from(path, ADDRESS_LOCAL_MAX + 100), &address, NULL),
                     -1);
    ck_assert_uint_eq(address_text(&address).len, 0);
    ck_assert_int_eq(address_parse(span_from(path, sizeof(path)), &address, NULL), -1);
    ck_assert_int_eq(address_parse(span_from("a\0@b", 4), &address, NULL), -1);
}
END_TEST

START_TEST(test_plain)
{
    static const struct {
        const char *path;
        bool is_plain;
    } paths[] = {
        {"<a@b.example>", true},
        {"a@b.example", true},
        {"<>", true},
        {"", true},
        {"<postmaster>", true},
        {"<\"a b\"@c.example>", true},
        {"<\"a\\\" (\"@c.example>", true},
        {"<a\\ b@c.example>", true},
        {"<a%b!c@d.example>", true},
        {"<a@[192.0.2.1]>", true},
        {"<a @b.example>", false},
        {"< a@b.example >", false},
        {"<a\t@b.example>", false},
        {"<a\x01@b.example>", false},
        {"<a@b.example (c)>", false},
        {"<(c)a@b.example>", false},
        {"<a@b.example>(c)", false},
        {"<Ann <a@b.example>>", false},
        {"<@x,@y:a@b.example>", false},
        {"<g:a@b.example;>", false},
        {"<a@b.example,c@d.example>", false},
        {"<\"a b@c.example>", false},
        {"<", false},
    };

    for (size_t i = 0; i < COUNT_OF(paths); i++)
        ck_assert_msg(address_is_plain(span_of(paths[i].path)) == paths[i].is_plain, "%s",
                      paths[i].path);
    ck_assert(address_is_plain(span_of(NULL)));
}
END_TEST

SUITE_MAIN("address", test_cases, test_bounds, test_plain)
