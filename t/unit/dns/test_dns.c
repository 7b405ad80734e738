/* The resolver against a name server of the test's own: every status, the cache, joining, deadlines, odd answers, the end. */
#include <poll.h>
#include "conf/settings.h"
#include "dns/dns.h"
#include "t/lib/dns_asks.h"
#include "t/lib/dns_responder.h"

static struct settings settings;

static void begin(void)
{
    struct err err = {""};

    settings.resolver = responder_begin();
    settings.dnssec_anchor_file = "";
    settings.dns_timeout = 10000;
    ck_assert_msg(dns_begin(&settings, &err) == 0, "%s", err.text);
}

static void end(void)
{
    struct dns_counts counts;

    dns_end();
    responder_end();
    dns_count(&counts);
    ck_assert_uint_eq(counts.asked,
                      counts.answered + counts.failed + counts.timeouts + counts.limited);
    ck_assert_uint_eq(counts.under_way, 0);
}

START_TEST(test_statuses)
{
    static const struct {
        enum dns_type type;
        const char *name;
        enum dns_status status;
        bool is_nxdomain;
        const char *record;
        size_t len;
    } cases[] = {
        {DNS_A, "found.example", DNS_FOUND, false, "\xc0\0\2\1", 4},
        {DNS_AAAA, "found.example", DNS_FOUND, false, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16},
        {DNS_TXT, "found.example", DNS_FOUND, false, "text", 4},
        {DNS_MX, "found.example", DNS_FOUND, false, "\0\12mx.example", 12},
        {DNS_PTR, "found.example", DNS_FOUND, false, "ptr.example", 11},
        {DNS_A, "FOUND.Upper.Example", DNS_FOUND, false, "\xc0\0\2\1", 4},
        {DNS_A, "found.test", DNS_FOUND, false, "\xc0\0\2\1", 4},
        {DNS_A, "found.invalid", DNS_FOUND, false, "\xc0\0\2\1", 4},
        {DNS_PTR, "found.2.0.192.in-addr.arpa", DNS_FOUND, false, "ptr.example", 11},
        {DNS_PTR, "found.0.0.10.in-addr.arpa", DNS_FOUND, false, "ptr.example", 11},
        {DNS_TXT, "none.example", DNS_NONE, false, NULL, 0},
        {DNS_TXT, "nx.example", DNS_NONE, true, NULL, 0},
        {DNS_TXT, "servfail.example", DNS_FAILED, false, NULL, 0},
        {DNS_TXT, "refused.example", DNS_FAILED, false, NULL, 0},
        {DNS_TXT, "big.example", DNS_FOUND, false, "xxxx", 2500},
        {DNS_TXT, "huge.example", DNS_FAILED, false, NULL, 0},
        {DNS_A, "many.example", DNS_FAILED, false, NULL, 0},
        {DNS_TXT, "odd.example", DNS_FAILED, false, NULL, 0},
        {DNS_A, "loop.example", DNS_FAILED, false, NULL, 0},
        {DNS_A, "chain.example", DNS_FAILED, false, NULL, 0},
        {DNS_A, "..", DNS_LIMITED, false, NULL, 0},
        {DNS_A, "bad\\9.example", DNS_LIMITED, false, NULL, 0},
        {DNS_A, "", DNS_LIMITED, false, NULL, 0},
    };

    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct ask *ask = ask_one(cases[i].type, cases[i].name);

        ck_assert_msg(ask->status == cases[i].status, "%s: status %d", cases[i].name,
                      ask->status);
        ck_assert_msg(ask->is_nxdomain == cases[i].is_nxdomain, "%s", cases[i].name);
        ck_assert_uint_eq(ask->len, cases[i].len);
        if (cases[i].record != NULL)
            ck_assert_msg(
                memcmp(ask->first, cases[i].record, cases[i].len < 16 ? cases[i].len : 4) == 0,
                "%s", cases[i].name);
        if (ask->status == DNS_FOUND)
            ck_assert_uint_eq(ask->ttl, 300);
        ck_assert(!ask->is_secure);
        ck_assert(ask->thread != pthread_self());
    }
    ck_assert_str_eq(asks[5].name, "found.upper.example");
    end();
}
END_TEST

START_TEST(test_hostile)
{
    static const char *const names[] = {"garbage.example", "wrongid.example", "short.example"};

    begin();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct dns_question question = asks_question(DNS_TXT, names[i], 1500);

        dns_ask(&question, 1);
    }
    asks_wait(COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ck_assert_msg(asks[i].status == DNS_FAILED || asks[i].status == DNS_TIMEOUT, "%s: %d",
                      names[i], asks[i].status);
    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FOUND);
    end();
}
END_TEST

START_TEST(test_cache)
{
    begin();
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(ask_one(DNS_TXT, "found.example")->status, DNS_FOUND);
        ck_assert_int_eq(ask_one(DNS_TXT, "nx.example")->status, DNS_NONE);
    }
    ck_assert_uint_eq(responder_asked_for("found"), 1);
    ck_assert_uint_eq(responder_asked_for("nx"), 1);
    ck_assert_int_eq(ask_one(DNS_TXT, "brief.example")->ttl, 1);
    for (int64_t begun = clock_mono_ms();
         responder_asked_for("brief") < 2 && clock_mono_ms() - begun < 15000;) {
        ask_count = done_count = 1;
        ask_one(DNS_TXT, "brief.example");
    }
    ck_assert_uint_ge(responder_asked_for("brief"), 2);
    end();
}
END_TEST

/* Spellings of one name are one lookup. */
START_TEST(test_joined)
{
    struct dns_question questions[4];
    struct dns_counts counts;

    begin();
    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FOUND);
    questions[0] = asks_question(DNS_TXT, "held.example", 9000);
    questions[1] = asks_question(DNS_TXT, "HELD.example", 9000);
    questions[2] = asks_question(DNS_TXT, "h\\101ld.ex\\097mple", 9000);
    questions[3] = asks_question(DNS_A, "held.example", 9000);
    dns_ask(questions, 4);
    ck_assert(responder_wait_asked("held", 2));
    questions[0] = asks_question(DNS_TXT, "held.example", 9000);
    dns_ask(questions, 1);
    while (dns_count(&counts), counts.joined < 3)
        poll(NULL, 0, 5);
    ck_assert_uint_eq(counts.under_way, 2);
    ck_assert_uint_eq(done_count, 1);
    responder_release();
    asks_wait(6);
    for (size_t i = 1; i < 6; i++)
        ck_assert_int_eq(asks[i].status, DNS_FOUND);
    ck_assert_uint_eq(responder_asked_for("held"), 2);
    end();
}
END_TEST

/* Three questions with deadlines of their own: none is answered too early. True when none was too late, either. */
static bool deadlines_are_kept(void)
{
    struct dns_question questions[3];
    const struct ask *ask = &asks[ask_count];
    int64_t begun = clock_mono_us();

    questions[0] = asks_question(DNS_TXT, "silent.example", 300);
    questions[1] = asks_question(DNS_TXT, "silent.example", 100);
    questions[2] = asks_question(DNS_TXT, "silent.example", -5);
    dns_ask(questions, 3);
    for (size_t i = 0; i < 3; i++) {
        asks_wait_for(&ask[i]);
        ck_assert_int_eq(ask[i].status, DNS_TIMEOUT);
    }
    ck_assert_int_ge(ask[0].done_us - begun, 280000);
    ck_assert_int_ge(ask[1].done_us - begun, 80000);
    return ask[1].done_us - begun < 290000 && ask[2].done_us - begun < 90000;
}

START_TEST(test_deadline)
{
    int tries = 0;

    begin();
    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FOUND);
    while (!deadlines_are_kept())
        ck_assert_int_lt(++tries, 5); /* the machine may be busy elsewhere, but not each time */
    end();
}
END_TEST

START_TEST(test_end_with_questions_under_way)
{
    struct dns_question question;

    begin();
    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FOUND);
    for (int i = 0; i < 5; i++) {
        question = asks_question(DNS_TXT, "silent.example", 20000);
        dns_ask(&question, 1);
    }
    ck_assert(responder_wait_asked("silent", 1));
    dns_end();
    ck_assert_uint_eq(done_count, 6);
    for (size_t i = 1; i < 6; i++)
        ck_assert_int_eq(asks[i].status, DNS_FAILED);
    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FAILED); /* after the end */
    ck_assert(asks[6].thread != pthread_self());
    end();
}
END_TEST

START_TEST(test_never_begun)
{
    struct settings bad = settings;
    struct err err;

    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FAILED);
    bad.resolver = "somewhere";
    bad.dnssec_anchor_file = "";
    ck_assert_int_eq(dns_begin(&bad, &err), -1);
    ck_assert_str_eq(err.text, "resolver: `somewhere` is not ADDRESS@PORT");
}
END_TEST

SUITE_MAIN("dns", test_statuses, test_hostile, test_cache, test_joined, test_deadline,
           test_end_with_questions_under_way, test_never_begun)
