/* SPF beyond the public suite: rounds, limits, sizes at which libspf2 falls silent, hostile answers, reasons. */
#include <stdio.h>

#include "facts/fact_words.h"
#include "t/lib/spf_zone.h"
#include "t/lib/suite.h"

static struct spf_zone *zone;
static struct arena *arena;
static struct sender_result result;

static void begin(void)
{
    zone = spf_zone_new();
    arena = arena_new();
}

static void end(void)
{
    spf_zone_free(&zone);
    arena_free(&arena);
}

static void txt(const char *name, const char *text)
{
    spf_zone_text(zone, name, "TXT", text);
}

/* Rounds it took. */
static int check(const char *client, const char *sender)
{
    struct sender_request request = {.job = SENDER_SPF,
                                     .helo = SPAN("helo.example.net"),
                                     .sender = span_of(sender),
                                     .receiver = SPAN("mx.receiver.example"),
                                     .now = 1700000000};

    ck_assert(ip_parse(span_of(client), &request.client));
    return spf_rounds(zone, &request, arena, &result);
}

#define ck_result(client, sender, wanted, why)                                                 \
    do {                                                                                       \
        ck_assert_int_ge(check(client, sender), 1);                                            \
        ck_assert_msg(result.spf == (int)(wanted), "%s (%.*s)",                                \
                      names_name(spf_names, result.spf), SPAN_ARG(result.spf_reason));         \
        ck_assert_msg(span_is(result.spf_reason, why), "reason: %.*s",                         \
                      SPAN_ARG(result.spf_reason));                                            \
    } while (0)

START_TEST(test_words_and_values_agree)
{
    const struct {
        const char *word;
        enum spf_result value;
    } words[] = {{"none", SPF_NONE},          {"neutral", SPF_NEUTRAL},
                 {"pass", SPF_PASS},          {"fail", SPF_FAIL},
                 {"softfail", SPF_SOFTFAIL},  {"temperror", SPF_TEMPERROR},
                 {"permerror", SPF_PERMERROR}};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        ck_assert_str_eq(names_name(spf_names, (int)words[i].value), words[i].word);
}
END_TEST

static const struct {
    const char *record, *client;
    enum spf_result wanted;
    const char *why;
} single[] = {
    {"v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.7", SPF_PASS,
     "matched ip4:192.0.2.0/24 of example.com"},
    {"v=spf1 ip4:192.0.2.0/24 -all", "::ffff:192.0.2.7", SPF_PASS,
     "matched ip4:192.0.2.0/24 of example.com"},
    {"v=spf1 a mx ip4:192.0.2.0/24 ~all", "198.51.100.1", SPF_SOFTFAIL,
     "matched ~all of example.com"},
    {"v=spf1 mx:hosts.example.com ?ip4:198.51.100.9 -all", "198.51.100.1", SPF_PASS,
     "matched mx:hosts.example.com of example.com"},
    {"v=spf1 exists:hosts.example.com ip4:192.0.2.1", "198.51.100.1", SPF_NEUTRAL,
     "nothing in the record of example.com matched"},
    {"v=spf1 include:inner.example.com -all", "198.51.100.1", SPF_PASS,
     "matched include:inner.example.com of example.com"},
    {"v=spf1 redirect=inner.example.com", "198.51.100.1", SPF_PASS,
     "matched ip4:198.51.100.0/24 of inner.example.com"},
    {"v=spf1 redirect=inner.example.com", "192.0.2.1", SPF_NEUTRAL,
     "nothing in the record of inner.example.com matched"},
    {"v=spf1 ?ip6:2001:db8::/32 ip6:::/0 -all", "2001:db8::1", SPF_NEUTRAL,
     "matched ?ip6:2001:db8::/32 of example.com"},
    {"v=spf1 ip6:::/0 -all", "2001:db8::1", SPF_PASS, "matched ip6:::/0 of example.com"},
    {"v=spf1 ip6:::/0 -all", "192.0.2.1", SPF_FAIL, "matched -all of example.com"},
    {"v=spf1 ip4:0.0.0.0/0 -all", "192.0.2.1", SPF_PASS,
     "matched ip4:0.0.0.0/0 of example.com"},
    {"v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1", SPF_FAIL, "matched -all of example.com"},
    /* No free ride: libspf2 has one. */
    {"v=spf1 -all", "127.0.0.1", SPF_FAIL, "matched -all of example.com"},
    {"v=spf1 -all", "::1", SPF_FAIL, "matched -all of example.com"},
    {"v=spf1 mx:null.example.com -all", "192.0.2.1", SPF_FAIL, "matched -all of example.com"},
    {"v=spf1 ptr -all", "198.51.100.1", SPF_PASS, "matched ptr of example.com"},
    {"v=spf1 ptr:nowhere.example -all", "198.51.100.1", SPF_FAIL,
     "matched -all of example.com"},
    {"v=spf1 a:%{d2}.%{v}.invalid -all", "198.51.100.1", SPF_FAIL,
     "matched -all of example.com"},
    {"v=spf1 exists:%{l,/}.x.example.com -all", "198.51.100.1", SPF_PASS,
     "matched exists:%{l,/}.x.example.com of example.com"},
    {"v=spf1 foo:bar -all", "192.0.2.1", SPF_PERMERROR,
     "example.com: an unknown mechanism in foo:bar"},
    {"v=spf1 ip4:192.0.2.1/33", "192.0.2.1", SPF_PERMERROR,
     "example.com: a wrong prefix length in ip4:192.0.2.1/33"},
    {"v=spf1 a:b%(c -all", "192.0.2.1", SPF_PERMERROR, "example.com: no domain in a:b%(c"},
    {"v=spf1 -all \x7f", "192.0.2.1", SPF_PERMERROR,
     "example.com: a byte that is no printable ASCII"},
    {"v=spf1 include:missing.example.com -all", "192.0.2.1", SPF_PERMERROR,
     "example.com: no record for include:missing.example.com"},
    {"v=spf1 a:late.example.com -all", "192.0.2.1", SPF_TEMPERROR,
     "A of late.example.com: no answer"},
    {"v=spf1 ip4:192.0.2.1 a:late.example.com -all", "192.0.2.1", SPF_PASS,
     "matched ip4:192.0.2.1 of example.com"},
    {"v=spf1 include:late.example.com -all", "192.0.2.1", SPF_TEMPERROR,
     "TXT of late.example.com: timeout"},
    {"v=spf1 mx:latemx.example.com -all", "192.0.2.1", SPF_TEMPERROR,
     "A of late.example.com: no answer"},
    {"v=spf1 a a a a a a a a a a a -all", "192.0.2.1", SPF_PERMERROR,
     "example.com: more than 10 terms ask DNS, at a"},
    {"v=spf1 a a a a a a a a a a -all", "192.0.2.1", SPF_FAIL, "matched -all of example.com"},
    {"v=spf1 include:five.example.com a a a a a -all", "192.0.2.1", SPF_PERMERROR,
     "example.com: more than 10 terms ask DNS, at a"},
    {"v=spf1 include:five.example.com a a a a -all", "192.0.2.1", SPF_FAIL,
     "matched -all of example.com"},
    {"v=spf1 include:void.example.com a:no3.example.com -all", "192.0.2.1", SPF_PERMERROR,
     "example.com: more than 2 terms found nothing, at a:no3.example.com"},
    {"v=spf1 include:loop.example.com -all", "192.0.2.1", SPF_PERMERROR,
     "loop.example.com: more than 10 terms ask DNS, at include:loop.example.com"},
};

static void add_common(void)
{
    spf_zone_text(zone, "example.com", "A", "203.0.113.1");
    spf_zone_text(zone, "example.com", "MX", "mx.example.com");
    spf_zone_text(zone, "mx.example.com", "A", "203.0.113.2");
    spf_zone_text(zone, "hosts.example.com", "MX", "h1.example.com");
    spf_zone_text(zone, "hosts.example.com", "MX", "h2.example.com");
    spf_zone_text(zone, "h2.example.com", "A", "198.51.100.1");
    spf_zone_text(zone, "null.example.com", "MX", "");
    spf_zone_text(zone, "latemx.example.com", "MX", "late.example.com");
    spf_zone_text(zone, "1.100.51.198.in-addr.arpa", "PTR", "h2.example.com");
    spf_zone_text(zone, "a.b.x.example.com", "A", "127.0.0.2");
    spf_zone_status(zone, SPAN("late.example.com"), DNS_TIMEOUT);
    txt("inner.example.com", "v=spf1 ip4:198.51.100.0/24");
    txt("five.example.com", "v=spf1 a:example.com mx:example.com a:example.com mx:example.com "
                            "a:example.com");
    txt("void.example.com", "v=spf1 a:no1.example.com a:no2.example.com");
    txt("loop.example.com", "v=spf1 include:loop.example.com");
}

START_TEST(test_single)
{
    begin();
    add_common();
    txt("example.com", single[_i].record);
    ck_result(single[_i].client,
              strstr(single[_i].record, ",/") != NULL ? "a/b@example.com" : "u@example.com",
              single[_i].wanted, single[_i].why);
    end();
}
END_TEST

/* Identities. */
START_TEST(test_identity)
{
    begin();
    txt("example.com", "v=spf1 -all");
    txt("helo.example.net", "v=spf1 +all");
    txt("xn--bcher-kva.example", "v=spf1 +all");
    ck_result("192.0.2.1", "", SPF_PASS, "matched +all of helo.example.net");
    ck_assert(span_is(result.spf_domain, "helo.example.net"));
    ck_result("192.0.2.1", "u@EXAMPLE.com.", SPF_FAIL, "matched -all of example.com");
    ck_assert(span_is(result.spf_domain, "example.com"));
    ck_result("192.0.2.1",
              "u@b\xc3\xbc"
              "cher.example",
              SPF_PASS, "matched +all of xn--bcher-kva.example");
    ck_result("192.0.2.1", "a@b@example.com", SPF_FAIL, "matched -all of example.com");
    ck_result("192.0.2.1", "u@other.example", SPF_NONE, "no record for other.example");
    ck_result("192.0.2.1", "u@com", SPF_NONE, "no domain to ask for a record");
    ck_result("192.0.2.1", "u@[192.0.2.1]", SPF_NONE, "no domain to ask for a record");
    ck_result("192.0.2.1", "u@", SPF_NONE, "no domain to ask for a record");
    ck_assert_uint_eq(result.spf_domain.len, 0);
    end();
}
END_TEST

/* libspf2 drops what exceeds 511 compiled bytes without a word. */
START_TEST(test_long_records)
{
    struct str record = STR_EMPTY;

    for (int kind = 0; kind < 2; kind++)
        for (unsigned count = 1; count < 700; count += count < 80 ? 1 : 97) {
            begin();
            str_reset(&record);
            str_adds(&record, "v=spf1");
            for (unsigned i = 0; i < count; i++) {
                str_adds(&record, i % 7 == 3 ? " ?" : " ");
                if (kind == 0)
                    str_printf(&record, "ip4:10.%u.%u.0/24", i / 200, i % 200);
                else
                    str_printf(&record, "ip6:2001:db8:%x::/48", i);
            }
            str_adds(&record, kind == 0 ? " ~ip4:192.0.2.0/24 -all" : " ~ip6:2001:db9::1 -all");
            txt("example.com", str_cstr(&record));
            ck_assert_int_eq(check(kind == 0 ? "192.0.2.9" : "2001:db9::1", "u@example.com"),
                             2);
            ck_assert_int_eq(result.spf, SPF_SOFTFAIL);
            ck_assert_int_eq(check("198.51.100.1", "u@example.com"), 2);
            ck_assert_int_eq(result.spf, SPF_FAIL);
            end();
        }
    str_clear(&record);
}
END_TEST

START_TEST(test_long_records_that_ask)
{
    struct str record = STR_EMPTY;

    begin();
    add_common();
    str_adds(&record, "v=spf1");
    for (unsigned i = 0; i < 500; i++)
        str_adds(&record, i % 2 ? " mx/24" : " ptr:h.example.org");
    txt("example.com", str_cstr(&record));
    ck_result("192.0.2.1", "u@example.com", SPF_PERMERROR,
              "example.com: more than 2 terms found nothing, at ptr:h.example.org");
    ck_result("198.51.100.1", "u@example.com", SPF_PERMERROR,
              "example.com: more than 10 terms ask DNS, at ptr:h.example.org");
    str_reset(&record);
    end();
    begin();
    add_common();
    str_adds(&record, "v=spf1");
    for (unsigned i = 0; i < 60; i++)
        str_printf(&record, " ip4:10.1.%u.0/24 ip6:2001:db8:%x::/48", i, i);
    str_adds(&record, " a/24//64 mx/24 ptr:example.org include:inner.example.com "
                      "exists:no.example.com redirect=five.example.com");
    txt("example.com", str_cstr(&record));
    ck_result("198.51.100.7", "u@example.com", SPF_PASS,
              "matched include:inner.example.com of example.com");
    ck_result("203.0.113.77", "u@example.com", SPF_PASS, "matched a/24//64 of example.com");
    ck_result("10.1.59.3", "u@example.com", SPF_PASS,
              "matched ip4:10.1.59.0/24 of example.com");
    str_clear(&record);
    end();
}
END_TEST

/* Everything that can be told from what is known is asked in one round. */
START_TEST(test_rounds)
{
    begin();
    add_common();
    txt("example.com", "v=spf1 a:h1.example.com mx include:one.example.com "
                       "include:two.example.com exists:%{ir}.list.example.com -all");
    txt("one.example.com", "v=spf1 a:h2.example.com mx:hosts.example.com");
    txt("two.example.com", "v=spf1 include:three.example.com");
    txt("three.example.com", "v=spf1 ip4:192.0.2.1");
    spf_zone_text(zone, "h1.example.com", "A", "203.0.113.4");
    /* Asked for: the record; its names; those of one and two, and the host of mx; nothing more. */
    ck_assert_int_eq(check("192.0.2.1", "u@example.com"), 4);
    ck_assert_int_eq(result.spf, SPF_PASS);
    ck_assert_uint_eq(spf_zone_asked(zone), 10);
    end();
}
END_TEST

START_TEST(test_what_is_not_needed_is_not_asked)
{
    begin();
    txt("example.com",
        "v=spf1 ip4:192.0.2.1 a:x.example.com include:y.example.com exp=e.example.com "
        "-all");
    ck_assert_int_eq(check("192.0.2.1", "u@example.com"), 2);
    ck_assert_uint_eq(spf_zone_asked(zone), 1);
    end();
}
END_TEST

/* 10 times 10 hosts and more: names are bounded, the check answers. */
START_TEST(test_too_many_names)
{
    char name[40], host[60];
    struct str record = STR_EMPTY;

    begin();
    str_adds(&record, "v=spf1");
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "m%d.example.com", i);
        str_printf(&record, " mx:%s", name);
        for (int k = 0; k < 10; k++) {
            snprintf(host, sizeof host, "h%d.m%d.example.com", k, i);
            spf_zone_text(zone, name, "MX", host);
            spf_zone_text(zone, host, "A", "203.0.113.1");
        }
    }
    txt("example.com", str_cstr(&record));
    ck_result("192.0.2.1", "u@example.com", SPF_TEMPERROR, "A of h9.m4.example.com: no answer");
    ck_assert_uint_eq(spf_zone_asked(zone), SENDER_NAMES_MAX);
    str_clear(&record);
    end();
}
END_TEST

/* Answers that no DNS server should give, and names that none could have. */
START_TEST(test_hostile_answers)
{
    char long_local[1200];
    struct str sender = STR_EMPTY;

    begin();
    memset(long_local, 'x', sizeof long_local);
    txt("example.com",
        "v=spf1 a mx ptr ptr:%{l}.example.com exists:%{l}.example.com exists:%{s} -all");
    spf_zone_add(zone, DNS_A, SPAN("example.com"), SPAN("abc"));
    spf_zone_add(zone, DNS_A, SPAN("example.com"), SPAN("\x01\x02\x03\x04"));
    spf_zone_text(zone, "example.com", "MX", "..");
    spf_zone_text(zone, "example.com", "MX", "a b/c%{x}.example.com");
    spf_zone_text(zone, "example.com", "MX", "");
    spf_zone_text(zone, "1.2.0.192.in-addr.arpa", "PTR", "%{d} all include:x.example.com");
    spf_zone_text(zone, "1.2.0.192.in-addr.arpa", "PTR", "h1.0");
    spf_zone_text(zone, "h1.0", "A", "192.0.2.1");
    ck_result("192.0.2.1", "u%{d}/ -all@example.com", SPF_FAIL, "matched -all of example.com");
    str_add(&sender, span_from(long_local, sizeof long_local));
    str_adds(&sender, "@example.com");
    /* Labels are taken off the left until a name fits (section 7.3): of this one example.com is left, which has an address. */
    ck_result("192.0.2.1", str_cstr(&sender), SPF_PASS,
              "matched exists:%{l}.example.com of example.com");
    ck_result("192.0.2.1", "\xc3\xbc\x01@example.com", SPF_FAIL, "matched -all of example.com");
    str_clear(&sender);
    end();
}
END_TEST

/* A local part beyond ASCII is in no name (RFC 8616); in an explanation it is not shown. */
START_TEST(test_local_part_beyond_ascii)
{
    begin();
    txt("example.com", "v=spf1 exists:%{l}.u.example.com exp=e.example.com -all");
    txt("e.example.com", "%{l} is not known; %{d} %{c} %{r} %{t} 100%%");
    spf_zone_add(zone, DNS_A, SPAN("\xc3\xbc.u.example.com"), SPAN("\x7f\0\0\x02"));
    ck_result("192.0.2.1", "\xc3\xbc@example.com", SPF_FAIL, "matched -all of example.com");
    ck_assert_msg(span_is(result.spf_explanation, "?? is not known; example.com 192.0.2.1 "
                                                  "mx.receiver.example 1700000000 100%"),
                  "%.*s", SPAN_ARG(result.spf_explanation));
    end();
}
END_TEST

/* An explanation changes no result, whatever its name does. */
START_TEST(test_explanation_fails)
{
    begin();
    txt("example.com", "v=spf1 -all exp=e.example.com");
    spf_zone_status(zone, SPAN("e.example.com"), DNS_TIMEOUT);
    ck_result("192.0.2.1", "u@example.com", SPF_FAIL, "matched -all of example.com");
    ck_assert_uint_eq(result.spf_explanation.len, 0);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spf");
    TCase *tcase = tcase_create("spf");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_words_and_values_agree);
    tcase_add_loop_test(tcase, test_single, 0, COUNT_OF(single));
    tcase_add_test(tcase, test_identity);
    tcase_add_test(tcase, test_long_records);
    tcase_add_test(tcase, test_long_records_that_ask);
    tcase_add_test(tcase, test_rounds);
    tcase_add_test(tcase, test_what_is_not_needed_is_not_asked);
    tcase_add_test(tcase, test_too_many_names);
    tcase_add_test(tcase, test_hostile_answers);
    tcase_add_test(tcase, test_local_part_beyond_ascii);
    tcase_add_test(tcase, test_explanation_fails);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
