/* test_spf.c - who is asked for SPF, and what its results are as facts. */
#include "checks/sender_check.h"
#include "facts/derive.h"
#include "facts/fact_words.h"
#include "t/lib/ask_check.h"
#include "t/lib/fake_rounds.h"

enum { SPF, HELO };
static const struct check *const checks[] = {&spf_check, &helo_check};
static struct settings settings = {.node_name = "gate1.example"};
static const struct sender_result pass = {
    .spf = 3, .spf_domain = {"a.example", 9}, .spf_reason = {"matched ip4", 11}};
static const struct sender_result fail = {.spf = 4,
                                          .spf_domain = {"a.example", 9},
                                          .spf_explanation = {"see a.example", 13},
                                          .spf_reason = {"matched -all of a.example", 25}};

static void begin(void)
{
    checks_register(checks, COUNT_OF(checks));
    sender_check_begin(&settings);
    fake_rounds_reset();
}

static struct facts *facts_of(const char *client, const char *helo, const char *sender)
{
    struct facts *facts = facts_new();
    struct ip ip;

    ck_assert(ip_parse(span_of(client), &ip));
    facts_set_ip(facts, FACT_CLIENT_IP, &ip);
    facts_set_text(facts, FACT_HELO_NAME, span_of(helo));
    facts_set_path(facts, FACT_SENDER, span_of(sender));
    return facts;
}

static struct facts *ask(int check, const char *client, const char *helo, const char *sender)
{
    struct facts *facts = facts_of(client, helo, sender);
    struct facts *answer = ask_check(check, facts, -1);

    facts_free(&facts);
    return answer;
}

static void check_fact(const struct facts *facts, enum fact_id id, const char *want)
{
    struct str text = STR_EMPTY;

    fact_print(&text, id, facts_get(facts, id));
    ck_assert_msg(strcmp(str_cstr(&text), want) == 0, "%s: %s, not %s", fact_table[id].name,
                  str_cstr(&text), want);
    str_clear(&text);
}

START_TEST(test_pass)
{
    const struct fake_rounds_row row = {SENDER_SPF, "ann@a.example", NULL, &pass, NULL};
    struct fake_rounds_seen seen;
    struct facts *answer;

    begin();
    fake_rounds_say(&row);
    answer = ask(SPF, "192.0.2.7", "mx.a.example", "<Ann@A.Example>");
    check_fact(answer, FACT_SPF, "pass");
    check_fact(answer, FACT_SPF_DOMAIN, "\"a.example\"");
    check_fact(answer, FACT_SPF_EXPLANATION, "absent");
    ck_assert(fake_rounds_last(SENDER_SPF, &seen));
    ck_assert_str_eq(seen.helo, "mx.a.example");
    ck_assert_str_eq(seen.receiver, "gate1.example");
    ck_assert_uint_eq(seen.ahead_count, 1);
    ck_assert_uint_ne(seen.asker, 0);
    facts_free(&answer);
}
END_TEST

START_TEST(test_fail_explains)
{
    const struct fake_rounds_row row = {SENDER_SPF, NULL, NULL, &fail, NULL};
    struct facts *answer;

    begin();
    fake_rounds_say(&row);
    answer = ask(SPF, "2001:db8::7", "mx.a.example", "<ann@a.example>");
    check_fact(answer, FACT_SPF, "fail");
    check_fact(answer, FACT_SPF_EXPLANATION, "\"see a.example\"");
    check_fact(answer, FACT_SPF_REASON, "\"matched -all of a.example\"");
    facts_free(&answer);
}
END_TEST

START_TEST(test_what_dies_is_temperror)
{
    const struct fake_rounds_row row = {SENDER_SPF, NULL, NULL, NULL, "the worker died"};
    struct facts *answer;

    begin();
    fake_rounds_say(&row);
    answer = ask(SPF, "192.0.2.7", "mx.a.example", "<ann@a.example>");
    check_fact(answer, FACT_SPF, "temperror");
    check_fact(answer, FACT_SPF_DOMAIN, "absent");
    check_fact(answer, FACT_SPF_REASON, "\"the worker died\"");
    facts_free(&answer);
    answer = ask(HELO, "192.0.2.7", "mx.a.example", "<ann@a.example>");
    check_fact(answer, FACT_SPF_HELO, "temperror");
    facts_free(&answer);
}
END_TEST

START_TEST(test_identities)
{
    static const struct {
        const char *name, *client, *helo, *sender, *spf, *of_helo;
        const char *asked; /* as sender of the last question; NULL: none */
    } cases[] = {
        {"plain", "192.0.2.7", "mx.a.example", "<b@b.example>", "pass", "pass", "b@b.example"},
        {"null sender", "192.0.2.7", "mx.a.example", "<>", "pass", "pass", ""},
        {"null sender, literal", "192.0.2.7", "[192.0.2.7]", "<>", "none", "none", NULL},
        {"null sender, address", "192.0.2.7", "192.0.2.7", "<>", "none", "none", NULL},
        {"null sender, one label", "192.0.2.7", "mailhost", "<>", "none", "none", NULL},
        {"no domain", "192.0.2.7", "[192.0.2.7]", "<postmaster>", "none", "none", NULL},
        {"domain is an address", "192.0.2.7", "x", "<a@[192.0.2.7]>", "none", "none", NULL},
        {"loopback", "127.0.0.1", "mx.a.example", "<b@b.example>", "none", "none", NULL},
        {"loopback of IPv6", "::1", "mx.a.example", "<b@b.example>", "none", "none", NULL},
        {"nobody's IPv6", "::2", "mx.a.example", "<b@b.example>", "pass", "pass",
         "b@b.example"},
        {"empty helo", "192.0.2.7", "", "<b@b.example>", "pass", "none", "b@b.example"},
        {"not readable", "192.0.2.7", "x", "<b@b..example>", "none", "none", NULL},
    };
    const struct fake_rounds_row row = {SENDER_SPF, NULL, NULL, &pass, NULL};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fake_rounds_seen seen;
        struct facts *answer;
        bool was_asked;

        begin();
        fake_rounds_say(&row);
        answer = ask(SPF, cases[i].client, cases[i].helo, cases[i].sender);
        was_asked = fake_rounds_last(SENDER_SPF, &seen);
        ck_assert_msg(was_asked == (cases[i].asked != NULL), "%s", cases[i].name);
        if (was_asked)
            ck_assert_str_eq(seen.sender, cases[i].asked);
        check_fact(answer, FACT_SPF, cases[i].spf);
        facts_free(&answer);
        answer = ask(HELO, cases[i].client, cases[i].helo, cases[i].sender);
        check_fact(answer, FACT_SPF_HELO, cases[i].of_helo);
        facts_free(&answer);
    }
}
END_TEST

START_TEST(test_a_result_without_a_word_is_temperror)
{
    static const struct sender_result nothing = {.spf = 0};
    const struct fake_rounds_row row = {SENDER_SPF, NULL, NULL, &nothing, NULL};
    struct facts *answer;

    begin();
    fake_rounds_say(&row);
    answer = ask(SPF, "192.0.2.7", "mx.a.example", "<ann@a.example>");
    check_fact(answer, FACT_SPF, "temperror");
    facts_free(&answer);
}
END_TEST

SUITE_MAIN("checks/spf", test_pass, test_fail_explains, test_what_dies_is_temperror,
           test_identities, test_a_result_without_a_word_is_temperror)
