/* test_signatures.c - what a worker says of signatures, chains and gateways, as facts. */
#include <sys/mman.h>
#include <unistd.h>
#include "checks/sender_check.h"
#include "checks/signature_text.h"
#include "t/lib/ask_check.h"
#include "t/lib/fake_rounds.h"

#define S(text)                                                                                \
    {                                                                                          \
        text, sizeof(text) - 1                                                                 \
    }
enum { PASS = 2, FAIL, POLICY, NEUTRAL, TEMPERROR, PERMERROR }; /* dkim_names */

static const struct check *const checks[] = {&signatures_check};
static struct settings settings = {.node_name = "gate1.example",
                                   .trusted_authserv_ids = "mx.example@198.51.100.0/24",
                                   .arc_trusted_sealers = "list.example, fwd.example"};

static struct facts *ask(const char *client, bool is_outbound)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    struct facts *facts = facts_new(), *answer;
    struct ip ip;

    ck_assert(ip_parse(span_of(client), &ip));
    facts_set_ip(facts, FACT_CLIENT_IP, &ip);
    if (is_outbound)
        facts_set_absent(facts, FACT_DMARC);
    ck_assert_int_eq(write(fd, "From: a\r\n", 9), 9);
    answer = ask_check(0, facts, fd);
    facts_free(&facts);
    close(fd);
    return answer;
}

static struct facts *learn(const struct sender_result *result)
{
    const struct fake_rounds_row row = {SENDER_SIGNATURES, NULL, NULL, result,
                                        result == NULL ? "the worker died" : NULL};

    checks_register(checks, 1);
    sender_check_begin(&settings);
    fake_rounds_reset();
    fake_rounds_say(&row);
    return ask("192.0.2.7", false);
}

static void check_fact(const struct facts *facts, enum fact_id id, const char *want)
{
    struct str text = STR_EMPTY;

    fact_print(&text, id, facts_get(facts, id));
    ck_assert_msg(strcmp(str_cstr(&text), want) == 0, "%s: %s, not %s", fact_table[id].name,
                  str_cstr(&text), want);
    str_clear(&text);
}

START_TEST(test_none)
{
    static const struct sender_result nothing = {.arc = 1, .from_count = 1};
    struct facts *facts = learn(&nothing);
    struct fake_rounds_seen seen;

    check_fact(facts, FACT_DKIM, "none");
    check_fact(facts, FACT_DKIM_DOMAINS, "absent");
    check_fact(facts, FACT_DKIM_RESULTS, "absent");
    check_fact(facts, FACT_DKIM_AUTHORS, "absent");
    check_fact(facts, FACT_ARC, "none");
    check_fact(facts, FACT_ARC_SEALERS, "absent");
    check_fact(facts, FACT_ARC_DMARC, "absent");
    check_fact(facts, FACT_AUTHRES_ID, "absent");
    ck_assert(fake_rounds_last(SENDER_SIGNATURES, &seen));
    ck_assert_str_eq(seen.message, "From: a\r\n");
    ck_assert_str_eq(seen.trusted_id, "");
    facts_free(&facts);
}
END_TEST

START_TEST(test_the_best_result_counts)
{
    static const struct {
        int a, b;
        const char *want;
    } cases[] = {
        {FAIL, PASS, "pass"},
        {TEMPERROR, PASS, "pass"},
        {FAIL, TEMPERROR, "temperror"},
        {POLICY, TEMPERROR, "temperror"},
        {FAIL, POLICY, "policy"},
        {NEUTRAL, FAIL, "fail"},
        {PERMERROR, NEUTRAL, "neutral"},
        {PERMERROR, PERMERROR, "permerror"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int turn = 0; turn < 2; turn++) {
            struct sender_result result = {.arc = 1, .from_count = 1, .signature_count = 2};
            struct facts *facts;
            result.signatures[turn].result = cases[i].a;
            result.signatures[1 - turn].result = cases[i].b;
            facts = learn(&result);
            check_fact(facts, FACT_DKIM, cases[i].want);
            facts_free(&facts);
        }
}
END_TEST

START_TEST(test_domains_and_authors)
{
    struct sender_result result = {
        .arc = 1,
        .from_count = 1,
        .signature_count = 4,
        .signatures = {
            {.result = PASS, .domain = S("a.example"), .is_whole = false},
            {.result = PASS, .domain = S("b.example"), .is_whole = true},
            {.result = FAIL, .domain = S("c.example"), .is_whole = true},
            {.result = PASS, .domain = S("a.example"), .is_whole = false},
        }};
    struct facts *facts = learn(&result);

    check_fact(facts, FACT_DKIM_DOMAINS, "{\"a.example\", \"b.example\"}");
    check_fact(facts, FACT_DKIM_AUTHORS, "{\"b.example\"}");
    facts_free(&facts);
    for (size_t from = 0; from <= 2; from += 2) {
        result.from_count = from;
        facts = learn(&result);
        check_fact(facts, FACT_DKIM_AUTHORS, "absent");
        facts_free(&facts);
    }
}
END_TEST

START_TEST(test_texts)
{
    static const struct {
        struct sender_signature signature;
        const char *want;
    } cases[] = {
        {{.result = PASS,
          .domain = S("example.com"),
          .selector = S("s1"),
          .algorithm = S("rsa-sha256"),
          .begin = S("AbC/+=gh"),
          .reason = S("not said of a pass")},
         "pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b=AbC/+=gh"},
        {{.result = PERMERROR, .reason = S("no d=")}, "permerror reason=\"no d=\""},
        {{.result = FAIL,
          .domain = S("a.example"),
          .algorithm = S("x y;\r\nz"),
          .reason = S("it \"says\" \\ no\r\nX: y \xe4")},
         "fail header.d=a.example header.a=x_y___z reason=\"it ?says? ? no??X: y ?\""},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str text = STR_EMPTY;
        signature_text(&text, &cases[i].signature);
        ck_assert_str_eq(str_cstr(&text), cases[i].want);
        str_clear(&text);
    }
}
END_TEST

START_TEST(test_arc)
{
    static const struct {
        const char *name;
        struct sender_seal seals[3];
        const char *want; /* arc.dmarc */
    } cases[] = {
        {"nobody trusted",
         {{.domain = S("x.example"), .dmarc_domain = S("a.example")}},
         "absent"},
        {"one",
         {{.domain = S("list.example"), .dmarc_domain = S("a.example")}},
         "{\"a.example\"}"},
        {"below one of them",
         {{.domain = S("mx.fwd.example"), .dmarc_domain = S("a.example")}},
         "{\"a.example\"}"},
        {"a name that only ends so",
         {{.domain = S("badlist.example"), .dmarc_domain = S("a.example")}},
         "absent"},
        {"sealed by somebody after it",
         {{.domain = S("list.example"), .dmarc_domain = S("a.example")},
          {.domain = S("x.example"), .dmarc_domain = S("a.example")}},
         "absent"},
        {"said by a stranger before",
         {{.domain = S("x.example"), .dmarc_domain = S("a.example")},
          {.domain = S("list.example")}},
         "absent"},
        {"two in a row",
         {{.domain = S("list.example"), .dmarc_domain = S("a.example")},
          {.domain = S("fwd.example"), .dmarc_domain = S("b.example")}},
         "{\"b.example\", \"a.example\"}"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sender_result result = {.arc = 2, .from_count = 1};
        struct facts *facts;
        for (; cases[i].seals[result.seal_count].domain.len > 0; result.seal_count++)
            result.seals[result.seal_count] = cases[i].seals[result.seal_count];
        facts = learn(&result);
        check_fact(facts, FACT_ARC_DMARC, cases[i].want);
        facts_free(&facts);
        result.arc = 3;
        facts = learn(&result);
        check_fact(facts, FACT_ARC, "fail");
        check_fact(facts, FACT_ARC_DMARC, "absent");
        check_fact(facts, FACT_ARC_SEALERS, "absent");
        facts_free(&facts);
    }
}
END_TEST

static const struct sender_result from_gateway = {
    .arc = 1,
    .from_count = 1,
    .signature_count = 1,
    .signatures = {{.result = FAIL, .domain = S("a.example")}},
    .taken = {.is_there = true,
              .id = S("mx.example"),
              .spf = 3,
              .dkim = PASS,
              .dmarc = 2,
              .spf_domain = S("a.example"),
              .dmarc_domain = S("a.example"),
              .dkim_domains = {S("b.example")},
              .dkim_count = 1},
};

START_TEST(test_what_a_gateway_says)
{
    struct facts *facts = learn(&from_gateway);
    struct fake_rounds_seen seen;

    check_fact(facts, FACT_AUTHRES_ID, "\"mx.example\"");
    check_fact(facts, FACT_SPF, "pass");
    check_fact(facts, FACT_SPF_DOMAIN, "\"a.example\"");
    check_fact(facts, FACT_DKIM, "pass");
    check_fact(facts, FACT_DKIM_DOMAINS, "{\"b.example\"}");
    check_fact(facts, FACT_DKIM_RESULTS, "absent");
    check_fact(facts, FACT_DKIM_AUTHORS, "absent");
    check_fact(facts, FACT_DMARC, "pass");
    check_fact(facts, FACT_DMARC_DOMAIN, "\"a.example\"");
    check_fact(facts, FACT_ARC, "none");
    facts_free(&facts);
    facts = ask("198.51.100.9", false);
    ck_assert(fake_rounds_last(SENDER_SIGNATURES, &seen));
    ck_assert_str_eq(seen.trusted_id, "mx.example");
    facts_free(&facts);
    facts = ask("198.51.100.9", true); /* somebody logged in from there */
    ck_assert(fake_rounds_last(SENDER_SIGNATURES, &seen));
    ck_assert_str_eq(seen.trusted_id, "");
    facts_free(&facts);
}
END_TEST

START_TEST(test_what_dies_is_temperror)
{
    struct facts *facts = learn(NULL);

    check_fact(facts, FACT_DKIM, "temperror");
    check_fact(facts, FACT_ARC, "temperror");
    for (size_t i = 0; signatures_check.facts[i] != FACT__COUNT; i++)
        ck_assert_int_ne(facts_get(facts, signatures_check.facts[i])->state, FACT_PENDING);
    facts_free(&facts);
}
END_TEST

SUITE_MAIN("checks/signatures", test_none, test_the_best_result_counts,
           test_domains_and_authors, test_texts, test_arc, test_what_a_gateway_says,
           test_what_dies_is_temperror)
