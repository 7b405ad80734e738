/* Authentication-Results: every spelling that claims to be ours, and those that do not. */
#include "mail/authres.h"

#include "t/lib/suite.h"

static const struct span ours[] = {{"mx.ours.example", 15}, {"gate2.ours.example", 18}};

static const struct {
    const char *value;
    bool claims;
} cases[] = {
    /* by the grammar */
    {"mx.ours.example; spf=pass smtp.mailfrom=a@b.example", true},
    {" mx.ours.example;spf=pass", true},
    {"MX.Ours.EXAMPLE; none", true},
    {"gate2.ours.example; none", true},
    {"mx.ours.example 1; none", true},
    {"mx.ours.example 12 ; none", true},
    {"mx.ours.example", true},
    {"mx.ours.example;", true},
    {"mx.ours.example ;", true},
    {"\tmx.ours.example\t; none", true},
    {"\r\n mx.ours.example; none", true},
    {"\n\tmx.ours.example\n\t; none", true},
    {"\"mx.ours.example\"; none", true},
    {"\"MX.ours.example\" 1; none", true},
    {"\"mx\\.ours\\.example\"; none", true},
    {"\"mx.ours.example \"; none", true},
    {"(comment) mx.ours.example; none", true},
    {"(a (nested (one))) mx.ours.example; none", true},
    {"(with \\) quoted) mx.ours.example; none", true},
    {"(a)(b) mx.ours.example (c) 1 (d); none", true},
    {"mx.ours.example(comment); none", true},
    {"mx.ours.example.; none", true},
    {"mx.ours.example\xa0; none", true},
    {"mx.ours\xc2\xad.example; none", true},
    {"\xef\xbd\x8dx.ours.example; none", true}, /* fullwidth m */
    {"mx\xe3\x80\x82ours.example; none", true}, /* ideographic full stop */
    /* not by the grammar, suspected */
    {"mx.ours.example spf=pass", true},
    {"mx.ours.example, other.example; none", true},
    {"mx . ours . example; none", true},
    {"mx.\r\n ours.example; none", true},
    {"mx.(x)ours.example; none", true},
    {"\"mx\".ours.example; none", true},
    {"\"mx.ours.example; none", true},
    {"mx.ours.example\"; none", true},
    {"(never closed mx.ours.example; none", true},
    {"((((((((((((((((((((((((((((((((((((((((mx.ours.example; none", true},
    {"<mx.ours.example>; none", true},
    {"[mx.ours.example]; none", true},
    {"mx.ours.example/1; none", true},
    {"mx.ours.example=1; none", true},
    {"mx.ours.example 1.0; none", true},
    {"; mx.ours.example; none", true},
    {"mx.ours\x01.example; none", true},
    {"m\\x.ours.example; none", true},
    {"=?utf-8?q?mx=2Eours=2Eexample?=; none", true},
    {"spf=pass smtp.helo=mx.ours.example", true}, /* no id at all */
    {"mx.ours.example@host; none", true},
    {"id=mx.ours.example; none", true},
    /* somebody else's */
    {"other.example; spf=pass", false},
    {"other.example; spf=pass smtp.helo=mx.ours.example", false},
    {"other.example (mx.ours.example); spf=pass", false},
    {"(mx.ours.example) other.example; spf=pass", false},
    {"xmx.ours.example; none", false},
    {"mx.ours.example.evil.example; none", false},
    {"ours.example; none", false},
    {"\"other.example\" 1; reason=\"mx.ours.example\"", false},
    {"spf=pass smtp.mailfrom=a@b.example", false},
    {"", false},
    {" ", false},
    {";", false},
    {"()", false},
    {"\"\"; none", false},
};

START_TEST(test_cases)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(authres_claims(span_of(cases[i].value), AUTHRES_PLAIN, ours,
                                     COUNT_OF(ours)) == cases[i].claims,
                      "%s", cases[i].value);
}
END_TEST

/* With an instance before (RFC 8617 section 4.1.1). */
START_TEST(test_arc)
{
    static const struct {
        const char *value;
        bool claims;
    } of_arc[] = {
        {"i=1; mx.ours.example; dmarc=pass", true},
        {" i = 01 ; (c) \"MX.ours.example\"; none", true},
        {"(c) I(c)=(c)2(c);mx.ours.example", true},
        {"i=1; gate2.ours.example.; none", true},
        {"mx.ours.example; none", true},      /* no instance */
        {"i=1, mx.ours.example; none", true}, /* no semicolon */
        {"i=1 mx.ours.example; none", true},
        {"i=1; i=2; mx.ours.example; none", true},
        {"i=; mx.ours.example; none", true},
        {"i=1; mx.ours.(x)example", true},
        {"i=1; =?utf-8?q?mx=2Eours?=; none", true},
        {"i=1; mx.other.example; spf=pass smtp.helo=mx.ours.example", false},
        {"i=1; mx.other.example (mx.ours.example); none", false},
        {"i=1; xmx.ours.example; none", false},
        {"i=1;", false},
        {"i", false},
        {"", false},
    };

    for (size_t i = 0; i < COUNT_OF(of_arc); i++)
        ck_assert_msg(authres_claims(span_of(of_arc[i].value), AUTHRES_OF_ARC, ours, 2) ==
                          of_arc[i].claims,
                      "%s", of_arc[i].value);
}
END_TEST

START_TEST(test_bytes)
{
    ck_assert(authres_claims(span_from("mx.ours\0.example; x", 19), AUTHRES_PLAIN, ours, 1));
    ck_assert(authres_claims(span_from("\0mx.ours.example; x", 19), AUTHRES_PLAIN, ours, 1));
    ck_assert(!authres_claims(span_of(NULL), AUTHRES_PLAIN, ours, 1));
    ck_assert(!authres_claims(SPAN("mx.ours.example; x"), AUTHRES_PLAIN, ours, 0));
}
END_TEST

/* A value of any size costs no more than its first bytes. */
START_TEST(test_bounds)
{
    char value[200000];

    memset(value, '(', sizeof(value));
    ck_assert(!authres_claims(span_from(value, sizeof(value)), AUTHRES_PLAIN, ours, 2));
    memset(value, ' ', sizeof(value));
    ck_assert(!authres_claims(span_from(value, sizeof(value)), AUTHRES_PLAIN, ours, 2));
    memset(value, 'x', sizeof(value));
    memcpy(value, "mx.ours.example; ", 17);
    ck_assert(authres_claims(span_from(value, sizeof(value)), AUTHRES_PLAIN, ours, 2));
    memset(value, '\\', sizeof(value));
    memcpy(value, "\"", 1);
    ck_assert(!authres_claims(span_from(value, sizeof(value)), AUTHRES_PLAIN, ours, 2));
    for (size_t i = 0; i < sizeof(value); i += 2) /* each seems to open a comment, none ends */
        memcpy(value + i, "\\(", 2);
    value[0] = ' ';
    ck_assert(!authres_claims(span_from(value, sizeof(value)), AUTHRES_PLAIN, ours, 2));
    memcpy(value + 1000, "mx.ours.example;", 16);
    ck_assert(authres_claims(span_from(value, sizeof(value)), AUTHRES_PLAIN, ours, 2));
}
END_TEST

SUITE_MAIN("authres", test_arc, test_cases, test_bytes, test_bounds)
