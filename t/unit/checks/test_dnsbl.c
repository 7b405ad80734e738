/* The check of block lists: what is asked, how answers count, and what stands when lists do not answer. */
#include <stdio.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/dnsbl.h"
#include "checks/dnsbl_lists.h"
#include "t/lib/fake_dns.h"
#include "t/lib/log_capture.h"
#include "t/lib/suite.h"

#define CLIENT "7.2.0.192."

static struct settings settings;
static struct facts *answer;

static void begin(const char *client, const char *allow, const char *sender)
{
    settings = (struct settings){.dns_timeout = 10000,
                                 .dnsbl_client_zones = client,
                                 .dnsbl_allow_zones = allow,
                                 .dnsbl_sender_zones = sender,
                                 .dnsbl_url_zones = ""};
    fake_dns_reset();
    log_capture_begin();
    dnsbl_begin(&settings);
    for (size_t i = 0; dnsbl_list_at(i) != NULL; i++) /* these questions are not counted */
        (void)dnsbl_probe_is_due(dnsbl_list_at(i));
}

static struct facts *facts_of(const char *client, const char *sender)
{
    struct facts *facts = facts_new();
    struct ip ip;

    if (ip_parse(span_of(client), &ip))
        facts_set_ip(facts, FACT_CLIENT_IP, &ip);
    else
        facts_set_absent(facts, FACT_CLIENT_IP);
    if (sender != NULL)
        facts_set_text(facts, FACT_SENDER_DOMAIN, span_of(sender));
    else
        facts_set_absent(facts, FACT_SENDER_DOMAIN);
    return facts;
}

/* Starts it; want: FACT__COUNT for all. The mailbox is for the caller. */
static struct mailbox *start(const char *client, const char *sender, enum fact_id want)
{
    struct check_request *request = xcalloc(1, sizeof *request);
    struct mailbox *mailbox = mailbox_new();
    struct err err = {""};

    request->mailbox = mailbox_pin(mailbox);
    request->message_fd = -1;
    request->references = 1;
    request->begun = clock_mono_ms();
    request->deadline = request->begun + 10000;
    request->facts = facts_of(client, sender);
    request->wants = xcalloc(1, sizeof *request->wants);
    if (want != FACT__COUNT)
        request->wants[request->want_count++].fact = want;
    ck_assert_int_eq(dnsbl_check.start(request, &err), 0);
    check_request_unpin(&request);
    return mailbox;
}

static void take(struct mailbox *mailbox)
{
    int check;

    ck_assert(mailbox_wait(mailbox, clock_mono_ms() + 20000));
    facts_free(&answer);
    answer = mailbox_take(mailbox, &check);
    ck_assert(answer != NULL);
    ck_assert(mailbox_take(mailbox, &check) == NULL);
    mailbox_unpin(&mailbox);
}

static void ask(const char *client, const char *sender)
{
    take(start(client, sender, FACT__COUNT));
}

static void is(enum fact_id id, const char *wanted)
{
    struct str text = STR_EMPTY;

    fact_print(&text, id, facts_get(answer, id));
    ck_assert_str_eq(str_cstr(&text), wanted);
    str_clear(&text);
}

static void all_are(const char *client, const char *allow, const char *sender,
                    const char *score)
{
    is(FACT_DNSBL, client);
    is(FACT_DNSBL_ALLOW, allow);
    is(FACT_DNSBL_SENDER, sender);
    is(FACT_DNSBL_SCORE, score);
}

START_TEST(lists_of_all_kinds_are_asked_at_once_and_add_up)
{
    begin("zen.example=127.0.0.[2..11]*3, other.example", "good.example*2", "dbl.example*5");
    fake_dns_add(DNS_A, CLIENT "zen.example", "127.0.0.4");
    fake_dns_add(DNS_A, CLIENT "zen.example", "127.0.0.99");
    fake_dns_add(DNS_A, CLIENT "good.example", "127.0.3.1");
    fake_dns_add(DNS_A, "spam.example.dbl.example", "127.0.1.2");
    ask("192.0.2.7", "spam.example");
    all_are("{\"zen.example\"}", "{\"good.example\"}", "{\"dbl.example\"}", "6");
    ck_assert_uint_eq(fake_dns_batches(), 1);
    ck_assert_uint_eq(fake_dns_asked(), 4);
    ask("192.0.2.8", "clean.example");
    all_are("absent", "absent", "absent", "0");
    ask("192.0.2.7", NULL);
    all_are("{\"zen.example\"}", "{\"good.example\"}", "absent", "1");
}
END_TEST

START_TEST(only_answers_that_count_list)
{
    begin("zen.example=127.0.0.[2..11], plain.example", "", "");
    fake_dns_add(DNS_A, CLIENT "zen.example", "127.0.0.12");
    fake_dns_add(DNS_A, CLIENT "plain.example", "127.1.2.3");
    ask("192.0.2.7", NULL);
    is(FACT_DNSBL, "{\"plain.example\"}");
}
END_TEST

START_TEST(ipv6_is_asked_by_its_nibbles)
{
    struct dns_question question;
    const char *name =
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.8.b.d.0.1.0.0.2.zen.example";

    begin("zen.example", "", "");
    fake_dns_add(DNS_A, name, "127.0.0.2");
    ask("2001:db8:abcd::1", NULL);
    is(FACT_DNSBL, "{\"zen.example\"}");
    ck_assert(fake_dns_last(DNS_A, name, &question));
    ck_assert(question.is_ours);
    ck_assert_uint_ne(question.asker, 0);
}
END_TEST

START_TEST(only_what_the_rules_want_is_asked)
{
    begin("zen.example", "good.example", "dbl.example");
    take(start("192.0.2.7", "x.example", FACT_DNSBL));
    is(FACT_DNSBL, "absent");
    ck_assert_int_eq(facts_get(answer, FACT_DNSBL_SCORE)->state, FACT_PENDING);
    ck_assert_uint_eq(fake_dns_asked(), 1);
    take(start("192.0.2.7", "x.example", FACT_DNSBL_SENDER));
    ck_assert_uint_eq(fake_dns_asked_for(DNS_A, "x.example.dbl.example"), 1);
    ck_assert_uint_eq(fake_dns_asked(), 2);
    take(start("192.0.2.7", "x.example", FACT_DNSBL_SCORE));
    is(FACT_DNSBL_SCORE, "0");
    ck_assert_uint_eq(fake_dns_asked(), 5);
}
END_TEST

START_TEST(nobody_asks_for_private_addresses_or_odd_domains)
{
    static const char *const clients[] = {
        "10.1.2.3", "127.0.0.1", "172.31.255.255",  "192.168.0.1", "169.254.3.4", "100.64.0.1",
        "0.0.0.0",  "224.0.0.1", "255.255.255.255", "::1",         "fe80::1",     "fd00::1",
        "ff02::1",  ""};
    static const char *const senders[] = {"[192.0.2.1]", "a..b", "a b", "x\r\ny", ""};

    begin("zen.example", "good.example", "dbl.example");
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        ask(clients[i], NULL);
        all_are("absent", "absent", "absent", "0");
    }
    for (size_t i = 0; i < COUNT_OF(senders); i++) {
        ask("10.0.0.1", senders[i]);
        is(FACT_DNSBL_SENDER, "absent");
    }
    ck_assert_uint_eq(fake_dns_asked(), 0);
    ask("172.32.0.1", NULL);
    ask("100.128.0.1", NULL);
    ask("2001:db8::1", NULL);
    ck_assert_uint_eq(fake_dns_asked(), 6);
}
END_TEST

START_TEST(without_lists_nothing_lists)
{
    begin("", "", "");
    ask("192.0.2.7", "x.example");
    all_are("absent", "absent", "absent", "0");
    ck_assert_uint_eq(fake_dns_asked(), 0);
    ck_assert_uint_eq(dnsbl_zone_count(), 0);
}
END_TEST

START_TEST(silence_is_unknown_unless_another_lists)
{
    begin("a.example*2, b.example, c.example", "", "dbl.example");
    fake_dns_set(DNS_A, CLIENT "b.example", DNS_FAILED);
    fake_dns_set(DNS_A, CLIENT "c.example", DNS_TIMEOUT);
    ask("192.0.2.7", "x.example");
    all_are("unknown (b.example did not answer, nor did 1 more)", "absent", "absent",
            "unknown (b.example did not answer, nor did 1 more)");
    fake_dns_add(DNS_A, CLIENT "a.example", "127.0.0.2");
    ask("192.0.2.7", "x.example");
    all_are("{\"a.example\"}", "absent", "absent", "2");
    fake_dns_set(DNS_A, CLIENT "b.example", DNS_LIMITED);
    fake_dns_remove(DNS_A, CLIENT "a.example");
    fake_dns_remove(DNS_A, CLIENT "c.example");
    ask("192.0.2.7", "x.example");
    is(FACT_DNSBL, "unknown (b.example did not answer)");
}
END_TEST

START_TEST(a_silent_allow_list_is_missed_where_it_could_take_off)
{
    begin("a.example*2", "good.example", "dbl.example");
    fake_dns_set(DNS_A, CLIENT "good.example", DNS_TIMEOUT);
    ask("192.0.2.7", "x.example");
    all_are("absent", "unknown (good.example did not answer)", "absent", "0");
    fake_dns_add(DNS_A, CLIENT "a.example", "127.0.0.2");
    ask("192.0.2.7", "x.example");
    is(FACT_DNSBL_SCORE, "unknown (good.example did not answer)");
}
END_TEST

/* One line in the log, however often. */
static void said_once(const char *words)
{
    const char *first = strstr(log_capture_text(), words);

    ck_assert_msg(first != NULL, "nothing of `%s` in %s", words, log_capture_text());
    ck_assert_msg(strstr(first + 1, words) == NULL, "twice: %s", log_capture_text());
}

START_TEST(refusals_are_no_listings_but_warnings)
{
    static const struct {
        const char *answer, *words;
    } cases[] = {{"127.255.255.252", "name of the zone"},
                 {"127.255.255.254", "public resolvers"},
                 {"127.255.255.255", "too often"},
                 {"127.255.255.1", "refuses"},
                 {"127.0.1.255", "dnsbl_sender_zones"},
                 {"192.0.2.55", "no list says that"},
                 {"8.8.8.8", "remove the zone"},
                 {"127.0.0.1", "refuses to answer this resolver"}};

    begin("z0.example, z1.example, z2.example, z3.example, z4.example, z5.example, z6.example, "
          "z7.example",
          "", "");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[80];
        snprintf(name, sizeof name, CLIENT "z%zu.example", i);
        fake_dns_add(DNS_A, name, "127.0.0.2");
        fake_dns_add(DNS_A, name, cases[i].answer);
    }
    for (int i = 0; i < 3; i++) {
        ask("192.0.2.7", NULL);
        is(FACT_DNSBL, "unknown (z0.example did not answer, nor did 7 more)");
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dnsbl_trouble trouble;
        char zone[40];
        snprintf(zone, sizeof zone, "z%zu.example", i);
        ck_assert(dnsbl_trouble_at(i, &trouble));
        ck_assert(span_is(trouble.zone, zone));
        ck_assert_msg(strstr(trouble.text, cases[i].words) != NULL, "%s", trouble.text);
        ck_assert_msg(strstr(trouble.text, cases[i].answer) != NULL, "%s", trouble.text);
        said_once(trouble.text);
        ck_assert(!dnsbl_trouble_at(COUNT_OF(cases), &trouble));
    }
}
END_TEST

START_TEST(an_allow_list_that_refuses_speaks_for_nobody)
{
    begin("", "good.example, own.example=127.0.0.255*5", "");
    fake_dns_add(DNS_A, CLIENT "good.example", "127.0.0.255");
    ask("192.0.2.7", NULL);
    all_are("absent", "unknown (good.example did not answer)", "absent", "0");
    fake_dns_add(DNS_A, CLIENT "own.example", "127.0.0.255"); /* said to be a listing */
    ask("192.0.2.7", NULL);
    is(FACT_DNSBL_ALLOW, "{\"own.example\"}");
}
END_TEST

static void probe_again(void)
{
    for (size_t i = 0; dnsbl_list_at(i) != NULL; i++)
        dnsbl_list_at(i)->probe_at = 0;
}

START_TEST(a_list_that_lists_everything_counts_for_nothing)
{
    struct dnsbl_trouble trouble;

    begin("a.example*2", "good.example", "dbl.example");
    fake_dns_add(DNS_A, CLIENT "a.example", "127.0.0.2");
    fake_dns_add(DNS_A, "1.0.0.127.a.example", "127.0.0.2");
    fake_dns_add(DNS_A, "x.example.dbl.example", "127.0.1.2");
    fake_dns_add(DNS_A, "invalid.dbl.example", "127.0.1.2");
    probe_again();
    for (int i = 0; i < 3; i++) { /* from the first message on */
        ask("192.0.2.7", "x.example");
        all_are("absent", "absent", "absent", "0");
    }
    said_once("block list a.example: it lists everything");
    said_once("block list of senders dbl.example: it lists everything");
    ck_assert(dnsbl_trouble_at(1, &trouble));
    ck_assert(strstr(trouble.text, "take it out of dnsbl_sender_zones") != NULL);
    fake_dns_remove(DNS_A, "1.0.0.127.a.example");
    fake_dns_set(DNS_A, "invalid.dbl.example", DNS_FAILED); /* says nothing */
    probe_again();
    ask("192.0.2.7", "x.example");
    ask("192.0.2.7", "x.example");
    all_are("{\"a.example\"}", "absent", "absent", "2");
    ck_assert(dnsbl_trouble_at(0, &trouble));
    ck_assert(span_is(trouble.zone, "dbl.example"));
    ck_assert(!dnsbl_trouble_at(1, &trouble));
}
END_TEST

START_TEST(of_senders_127_0_1_255_is_an_answer_like_any_other)
{
    begin("", "", "dbl.example");
    fake_dns_add(DNS_A, "x.example.dbl.example", "127.0.1.255");
    ask("192.0.2.7", "x.example");
    is(FACT_DNSBL_SENDER, "{\"dbl.example\"}");
}
END_TEST

START_TEST(twenty_lists_are_asked_together_and_early)
{
    struct str zones = STR_EMPTY;
    struct facts *facts = facts_of("192.0.2.7", NULL);
    struct mailbox *mailbox;

    for (int i = 0; i < 20; i++)
        str_printf(&zones, "%sz%d.example", i > 0 ? ", " : "", i);
    begin(str_cstr(&zones), "", "");
    dnsbl_ahead(facts, clock_mono_ms() + 1000);
    ck_assert_uint_eq(fake_dns_asked(), 20);
    ck_assert_uint_eq(fake_dns_batches(), 1);
    fake_dns_hold();
    mailbox = start("192.0.2.7", NULL, FACT_DNSBL);
    ck_assert_uint_eq(fake_dns_batches(), 2);
    fake_dns_release();
    take(mailbox);
    is(FACT_DNSBL, "absent");
    facts_free(&facts);
    str_clear(&zones);
}
END_TEST

START_TEST(an_answer_after_the_end_of_the_transaction_finds_nobody)
{
    struct mailbox *mailbox;

    begin("zen.example", "", "");
    fake_dns_hold();
    mailbox = start("192.0.2.7", NULL, FACT_DNSBL);
    mailbox_unpin(&mailbox);
    fake_dns_time_out();
    fake_dns_release();
    ask("192.0.2.7", NULL);
    is(FACT_DNSBL, "absent");
}
END_TEST

SUITE_MAIN("checks/dnsbl", a_list_that_lists_everything_counts_for_nothing,
           lists_of_all_kinds_are_asked_at_once_and_add_up, only_answers_that_count_list,
           ipv6_is_asked_by_its_nibbles, only_what_the_rules_want_is_asked,
           nobody_asks_for_private_addresses_or_odd_domains, without_lists_nothing_lists,
           silence_is_unknown_unless_another_lists,
           a_silent_allow_list_is_missed_where_it_could_take_off,
           refusals_are_no_listings_but_warnings, an_allow_list_that_refuses_speaks_for_nobody,
           of_senders_127_0_1_255_is_an_answer_like_any_other,
           twenty_lists_are_asked_together_and_early,
           an_answer_after_the_end_of_the_transaction_finds_nobody)
