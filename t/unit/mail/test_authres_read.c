/* Authentication-Results read whole: what the RFCs' examples say, what real writers write, and what says nothing. */
#include "mail/authres_read.h"

#include <stdlib.h>

#include "base/str.h"
#include "conf/trusted_ids.h"
#include "t/lib/suite.h"

/* "ID VERSION; method=result (reason) type.name=value ...; ..." */
static void render(struct str *out, const struct authres *a)
{
    if (a->instance > 0)
        str_printf(out, "i=%u ", a->instance);
    str_printf(out, "%.*s %u", SPAN_ARG(a->id), a->version);
    for (size_t i = 0; i < a->count; i++) {
        const struct authres_result *r = &a->results[i];
        str_printf(out, "; %.*s=%.*s", SPAN_ARG(r->method), SPAN_ARG(r->result));
        if (r->reason.len > 0)
            str_printf(out, " (%.*s)", SPAN_ARG(r->reason));
        for (size_t k = 0; k < r->property_count; k++)
            str_printf(out, " %.*s.%.*s=%.*s", SPAN_ARG(r->properties[k].type),
                       SPAN_ARG(r->properties[k].name), SPAN_ARG(r->properties[k].value));
    }
}

static void expect(const char *value, enum authres_kind kind, const char *want)
{
    struct arena *arena = arena_new();
    struct str text = STR_EMPTY;
    struct authres a;
    struct err err;
    int state = authres_read(span_of(value), kind, arena, &a, &err);

    if (state == 0)
        render(&text, &a);
    if (want == NULL)
        ck_assert_msg(state == -1 && err.text[0] != '\0', "%s: read as %s", value,
                      str_cstr(&text));
    else
        ck_assert_msg(state == 0 && strcmp(str_cstr(&text), want) == 0, "%s: %s", value,
                      state == 0 ? str_cstr(&text) : err.text);
    str_clear(&text);
    arena_free(&arena);
}

static const struct {
    const char *value, *want; /* NULL: does not read */
} cases[] = {
    /* RFC 8601 appendix B */
    {"example.org 1; none", "example.org 1"},
    {"example.com;\r\n spf=pass smtp.mailfrom=example.net",
     "example.com 1; spf=pass smtp.mailfrom=example.net"},
    {"example.com;\n\tauth=pass (cram-md5) smtp.auth=sender@example.net;\n\tspf=pass "
     "smtp.mailfrom=example.net",
     "example.com 1; auth=pass smtp.auth=sender@example.net; spf=pass "
     "smtp.mailfrom=example.net"},
    {"foo.example.net (foobar) 1 (baz);\n dkim (Because I like it) / 1 (One yay) = (wait for "
     "it) fail\n policy (A dot can go here) . (like that) expired\n (this surprised me) = (as "
     "I wasn't expecting it) 1362471462",
     "foo.example.net 1; dkim=fail policy.expired=1362471462"},
    {"example.com; dkim=pass reason=\"good signature\" "
     "header.i=@mail-router.example.net; dkim=fail reason=\"bad signature\" "
     "header.i=@newyork.example.com",
     "example.com 1; dkim=pass (good signature) header.i=@mail-router.example.net; dkim=fail "
     "(bad signature) header.i=@newyork.example.com"},
    /* as others write */
    {"mx.google.com;dkim=pass header.i=@a.example header.s=s header.b=\"ab/c+d=\";dmarc=pass "
     "(p=REJECT sp=REJECT dis=NONE) header.from=a.example",
     "mx.google.com 1; dkim=pass header.i=@a.example header.s=s header.b=ab/c+d=; dmarc=pass "
     "header.from=a.example"},
    {"a; dkim=pass header.b=ab/c+d== header.a=rsa-sha256",
     "a 1; dkim=pass header.b=ab/c+d== header.a=rsa-sha256"},
    {"a; spf=none smtp.mailfrom=<> smtp.helo=b.example; arc=none smtp.remote-ip=2001:db8::1",
     "a 1; spf=none smtp.mailfrom=<> smtp.helo=b.example; arc=none "
     "smtp.remote-ip=2001:db8::1"},
    {"a; spf=pass smtp.mailfrom=; dkim=none", "a 1; spf=pass smtp.mailfrom=; dkim=none"},
    {"a; spf=pass smtp.mailfrom=dkim=pass@b.example;",
     "a 1; spf=pass smtp.mailfrom=dkim=pass@b.example"},
    {"a; spf=pass smtp.mailfrom=\"x; dkim=pass\"@b.example",
     "a 1; spf=pass smtp.mailfrom=x; dkim=pass@b.example"},
    {"a; spf=pass smtp.mailfrom=\"q\\\"\\\\\r\n uote\"",
     "a 1; spf=pass smtp.mailfrom=q\"\\ uote"},
    {"a; dkim=pass header.d=b.example reason=ok", "a 1; dkim=pass (ok) header.d=b.example"},
    {"a; x=pass x-tls.sub_ject=1", "a 1; x=pass x-tls.sub_ject=1"},
    {"\"a b\" 2; NONE", "a b 2"},
    {"a", "a 1"},
    {"a;;; spf=none ;", "a 1; spf=none"},
    {"a; none=pass", "a 1; none=pass"},
    {"m\xc3\xbcnchen.example; none", "m\xc3\xbcnchen.example 1"},
    /* says nothing */
    {"", NULL},
    {";", NULL},
    {"a spf=pass", NULL},
    {"a, b; none", NULL},
    {"a; spf", NULL},
    {"a; spf=", NULL},
    {"a; spf=pass smtp.mailfrom", NULL},
    {"a; spf=pass smtp=a", NULL},
    {"a; spf=pass .a=b", NULL},
    {"a; spf=pass smtp.=b", NULL},
    {"a; spf=pass smtp.mailfrom=\"b", NULL},
    {"a; spf=pass smtp.mailfrom=\"b\"c", NULL},
    {"a; spf=pass smtp.mailfrom=b\"c", NULL},
    {"a; spf=pass (open", NULL},
    {"a; spf=\"pass\"", NULL},
    {"a; spf=pass\x01", NULL},
    {"a; spf/x=pass", NULL},
    {"a; spf/1000=pass", NULL},
    {"a; spf=pass reason=\"x\"y", NULL},
    {"a; none; spf=pass", NULL},
    {"a 1.0; none", NULL},
    {"i=1; a; none", NULL},
};

static const struct {
    const char *value, *want;
} of_arc[] = {
    {"i=1; a; dmarc=pass header.from=b.example", "i=1 a 1; dmarc=pass header.from=b.example"},
    {" i = (c) 50 ;\r\n \"a\" 1; none", "i=50 a 1"},
    {"I=2;a;none", "i=2 a 1"},
    {"i=0; a; none", NULL},
    {"i=51; a; none", NULL},
    {"i=4294967297; a; none", NULL},
    {"i=x; a; none", NULL},
    {"i=1 a; none", NULL},
    {"i=1;", NULL},
    {"j=1; a; none", NULL},
    {"a; none", NULL},
};

START_TEST(test_cases)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        expect(cases[i].value, AUTHRES_PLAIN, cases[i].want);
    for (size_t i = 0; i < COUNT_OF(of_arc); i++)
        expect(of_arc[i].value, AUTHRES_OF_ARC, of_arc[i].want);
}
END_TEST

static bool reads(const struct str *value)
{
    struct arena *arena = arena_new();
    struct authres a;
    bool is = authres_read(str_span(value), AUTHRES_PLAIN, arena, &a, NULL) == 0;

    arena_free(&arena);
    return is;
}

/* One less than each limit reads, one more does not. */
START_TEST(test_limits)
{
    for (int more = 0; more < 2; more++) {
        struct str results = STR_EMPTY, properties = STR_EMPTY, bytes = STR_EMPTY;

        str_adds(&results, "a");
        for (int i = 0; i < AUTHRES_RESULTS_MAX + more; i++)
            str_adds(&results, "; x=y");
        str_adds(&properties, "a; x=y");
        for (int i = 0; i < AUTHRES_PROPERTIES_MAX + more; i++)
            str_adds(&properties, " p.q=r");
        str_adds(&bytes, "a; x=y");
        while (bytes.len < AUTHRES_VALUE_MAX + (size_t)more)
            str_addc(&bytes, ' ');
        ck_assert_int_eq(reads(&results), !more);
        ck_assert_int_eq(reads(&properties), !more);
        ck_assert_int_eq(reads(&bytes), !more);
        str_clear(&results);
        str_clear(&properties);
        str_clear(&bytes);
    }
}
END_TEST

START_TEST(test_one_result)
{
    struct arena *arena = arena_new();
    struct authres_result r;

    ck_assert_int_eq(authres_read_result(SPAN("pass header.d=a.example header.s=s1 "
                                              "header.b=Ab/dEfGh reason=\"so it is\""),
                                         arena, &r, NULL),
                     0);
    ck_assert(span_is(r.result, "pass") && span_is(r.reason, "so it is"));
    ck_assert(span_is(authres_value(&r, "Header", "B"), "Ab/dEfGh"));
    ck_assert(authres_value(&r, "header", "x").len == 0);
    ck_assert_int_eq(authres_read_result(SPAN("pass; dkim=pass"), arena, &r, NULL), -1);
    ck_assert_int_eq(authres_read_result(SPAN(""), arena, &r, NULL), -1);
    r.method = SPAN("DMARC");
    r.result = SPAN("Pass");
    ck_assert(authres_is(&r, "dmarc", "pass") && authres_is(&r, "dmarc", NULL));
    ck_assert(!authres_is(&r, "dmarc", "fail") && !authres_is(&r, "dkim", "pass"));
    arena_free(&arena);
}
END_TEST

START_TEST(test_trusted)
{
    static const char setting[] =
        "mx1.example@10.0.0.0/8, mx2.example@10.1.0.0/16,v6@2001:db8::/32";
    static const struct {
        const char *client, *ids;
    } clients[] = {
        {"10.0.0.1", "mx1.example"},
        {"10.1.0.1", "mx1.example,mx2.example"},
        {"2001:db8::1", "v6"},
        {"192.0.2.1", ""},
        {"::1", ""},
    };
    struct str ids = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        struct ip ip;

        str_reset(&ids);
        ck_assert(ip_parse(span_of(clients[i].client), &ip));
        ck_assert_int_eq(trusted_ids_of(setting, &ip, &ids), clients[i].ids[0] != '\0');
        ck_assert_str_eq(str_cstr(&ids), clients[i].ids);
        ck_assert(!trusted_ids_of("", &ip, &ids));
    }
    str_reset(&ids);
    trusted_ids_all(setting, &ids);
    ck_assert_str_eq(str_cstr(&ids), "mx1.example,mx2.example,v6");
    ck_assert(span_is(authres_which(SPAN("MX2.example"), str_span(&ids)), "mx2.example"));
    ck_assert(authres_which(SPAN("mx"), str_span(&ids)).len == 0);
    ck_assert(authres_which(SPAN(""), SPAN("a,,b")).len == 0);
    str_clear(&ids);
}
END_TEST

SUITE_MAIN("authres_read", test_cases, test_limits, test_one_result, test_trusted)
