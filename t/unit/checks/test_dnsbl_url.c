/* The check of links against lists of domains: which places are asked, how answers count, and what stands when not all could be asked. */
#include <stdio.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/dnsbl.h"
#include "checks/dnsbl_lists.h"
#include "checks/link_places.h"
#include "checks/dnsbl_url.h"
#include "t/lib/fake_dns.h"
#include "t/lib/log_capture.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"

static struct settings settings;
static struct facts *links, *answer;

static void begin(const char *zones)
{
    settings = (struct settings){.dns_timeout = 10000,
                                 .dnsbl_client_zones = "zen.example",
                                 .dnsbl_allow_zones = "",
                                 .dnsbl_sender_zones = "",
                                 .dnsbl_url_zones = zones,
                                 .dns_never_ask = "corp, home.arpa"};
    fake_dns_reset();
    log_capture_begin();
    dnsbl_begin(&settings);
    for (size_t i = 0; dnsbl_list_at(i) != NULL; i++) /* these questions are not counted */
        (void)dnsbl_probe_is_due(dnsbl_list_at(i));
    facts_free(&links);
    links = facts_new();
    facts_set_absent(links, FACT_CLIENT_IP);
    facts_records_learnt(links, RECORD_URL, false, SPAN(""));
}

static void set(int index, enum fact_id id, const char *text)
{
    struct value value = {.text = span_of(text)};
    struct fact fact = {.state = FACT_VALUE, .count = 1, .values = &value};

    ck_assert(facts_record_set(links, RECORD_URL, (size_t)index, id, &fact));
}

/* domain NULL: the host is an address. */
static void link_to(const char *host, const char *domain)
{
    int index = facts_record_add(links, RECORD_URL);

    set(index, FACT_URL_HOST, host);
    if (domain != NULL)
        set(index, FACT_URL_DOMAIN, domain);
}

static void ask(void)
{
    struct check_request *request = xcalloc(1, sizeof *request);
    struct mailbox *mailbox = mailbox_new();
    struct err err = {""};
    int check;

    request->mailbox = mailbox_pin(mailbox);
    request->message_fd = -1;
    request->references = 1;
    request->deadline = clock_mono_ms() + 10000;
    request->facts = facts_copy(links);
    ck_assert_int_eq(dnsbl_url_check.start(request, &err), 0);
    check_request_unpin(&request);
    ck_assert(mailbox_wait(mailbox, clock_mono_ms() + 20000));
    facts_free(&answer);
    answer = mailbox_take(mailbox, &check);
    ck_assert_ptr_nonnull(answer);
    mailbox_unpin(&mailbox);
}

static void are(const char *listed, const char *score)
{
    struct str text = STR_EMPTY;

    fact_print(&text, FACT_DNSBL_URL, facts_get(answer, FACT_DNSBL_URL));
    ck_assert_str_eq(str_cstr(&text), listed);
    str_clear(&text);
    fact_print(&text, FACT_DNSBL_URL_SCORE, facts_get(answer, FACT_DNSBL_URL_SCORE));
    ck_assert_str_eq(str_cstr(&text), score);
    str_clear(&text);
}

static void domains_are(const char *domains)
{
    struct str text = STR_EMPTY;

    fact_print(&text, FACT_DNSBL_URL_DOMAINS, facts_get(answer, FACT_DNSBL_URL_DOMAINS));
    ck_assert_str_eq(str_cstr(&text), domains);
    str_clear(&text);
}

START_TEST(it_is_said_which_links_are_listed)
{
    begin("a.example, b.example, all.example");
    link_to("good.example", "good.example");
    link_to("a!b.example", "a!b.example"); /* no list can be asked for it */
    link_to("www.bad.example", "bad.example");
    link_to("192.0.2.7", NULL);
    fake_dns_add(DNS_A, "good.example.all.example", "127.0.0.2");
    ask();
    domains_are("{\"good.example\"}");
    for (size_t i = 0; dnsbl_list_at(i) != NULL; i++)
        if (span_is(dnsbl_list_at(i)->zone.name, "all.example"))
            dnsbl_note_probe(dnsbl_list_at(i), DNSBL_LISTED); /* it lists everything */
    ask();
    domains_are("absent");
    fake_dns_add(DNS_A, "bad.example.a.example", "127.0.0.2");
    fake_dns_add(DNS_A, "bad.example.b.example", "127.0.0.2");
    fake_dns_add(DNS_A, "7.2.0.192.b.example", "127.0.0.2");
    ask();
    are("{\"a.example\", \"b.example\"}", "2");
    domains_are("{\"bad.example\", \"192.0.2.7\"}");
    fake_dns_set(DNS_A, "bad.example.a.example", DNS_FAILED);
    fake_dns_set(DNS_A, "bad.example.b.example", DNS_FAILED);
    fake_dns_set(DNS_A, "7.2.0.192.b.example", DNS_NONE);
    ask();
    domains_are("unknown (a.example did not answer, nor did 1 more)");
}
END_TEST

START_TEST(registered_domains_are_asked_once_and_together)
{
    begin("uri.example=127.0.0.[2..14]*3, dbl.example*2");
    link_to("www.shop.example.co.uk", "example.co.uk");
    link_to("img.example.co.uk", "example.co.uk");
    link_to("bad.example", "bad.example");
    link_to("worse.example", "worse.example");
    fake_dns_add(DNS_A, "bad.example.uri.example", "127.0.0.2");
    fake_dns_add(DNS_A, "worse.example.uri.example", "127.0.0.8");
    ask();
    are("{\"uri.example\"}", "3"); /* once, though two are listed */
    ck_assert_uint_eq(fake_dns_asked(), 6);
    ck_assert_uint_eq(fake_dns_batches(), 1);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_A, "example.co.uk.dbl.example"), 1);
    fake_dns_add(DNS_A, "bad.example.dbl.example", "127.0.1.2");
    ask();
    are("{\"uri.example\", \"dbl.example\"}", "5");
}
END_TEST

START_TEST(addresses_are_asked_reversed)
{
    begin("uri.example, dbl.example");
    link_to("192.0.2.7", NULL);
    link_to("2001:db8::1", NULL);
    fake_dns_add(DNS_A, "7.2.0.192.uri.example", "127.0.0.2");
    fake_dns_add(DNS_A, "7.2.0.192.dbl.example", "127.0.1.255"); /* it lists domains only */
    ask();
    are("{\"uri.example\"}", "1");
    ck_assert_uint_eq(fake_dns_asked(), 4);
    ck_assert_str_eq(log_capture_text(), "");
}
END_TEST

START_TEST(what_is_our_own_business_is_not_asked)
{
    begin("uri.example");
    link_to("localhost", "localhost");
    link_to("wiki.corp", "wiki.corp");
    link_to("printer.home.arpa", "printer.home.arpa");
    link_to("10.1.2.3", NULL);
    link_to("127.0.0.1", NULL);
    link_to("fd00::1", NULL);
    ask();
    are("absent", "0");
    ck_assert_uint_eq(fake_dns_asked(), 0);
}
END_TEST

START_TEST(silence_is_unknown_unless_another_lists)
{
    begin("a.example, b.example");
    link_to("x.example", "x.example");
    link_to("y.example", "y.example");
    fake_dns_set(DNS_A, "x.example.a.example", DNS_FAILED);
    fake_dns_set(DNS_A, "y.example.a.example", DNS_TIMEOUT);
    ask();
    are("unknown (a.example did not answer)", "unknown (a.example did not answer)");
    fake_dns_add(DNS_A, "y.example.b.example", "127.0.0.2");
    ask();
    are("{\"b.example\"}", "1");
}
END_TEST

START_TEST(a_refusal_of_the_operator_is_no_listing)
{
    struct dnsbl_trouble trouble;

    begin("multi.example, own.example=127.0.0.1");
    link_to("x.example", "x.example");
    fake_dns_add(DNS_A, "x.example.multi.example", "127.0.0.1");
    ask();
    are("unknown (multi.example did not answer)", "unknown (multi.example did not answer)");
    ck_assert(dnsbl_trouble_at(0, &trouble));
    ck_assert_msg(strstr(trouble.text, "127.0.0.1: it refuses") != NULL, "%s", trouble.text);
    fake_dns_add(DNS_A, "x.example.own.example", "127.0.0.1"); /* said to be a listing */
    ask();
    are("{\"own.example\"}", "1");
}
END_TEST

START_TEST(a_list_that_is_left_out_is_tried_with_one_name)
{
    char name[80];

    begin("dead.example");
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "x%d.example", i);
        link_to(name, name);
        snprintf(name, sizeof name, "x%d.example.dead.example", i);
        fake_dns_set(DNS_A, name, DNS_TIMEOUT);
    }
    ask();
    are("unknown (dead.example did not answer)", "unknown (dead.example did not answer)");
    ck_assert_uint_eq(fake_dns_asked(), 6);
    ask();
    are("absent", "0"); /* left out: counts as not listing */
    ck_assert_uint_eq(fake_dns_asked(), 6);
    set_clock_hurry(60000);
    (void)clock_mono_ms();
    set_clock_hurry(0);
    ask();
    ck_assert_uint_eq(fake_dns_asked(), 7);
}
END_TEST

static void link_to_many(int count)
{
    char name[40];

    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "x%d.example", i);
        link_to(name, name);
    }
}

static bool is_drawn(int number)
{
    char name[60];

    snprintf(name, sizeof name, "x%d.example.uri.example", number);
    return fake_dns_asked_for(DNS_A, name) > 0;
}

START_TEST(no_more_than_a_bounded_number_of_places_is_asked)
{
    begin("uri.example");
    link_to_many(LINK_PLACES_MAX);
    ask();
    are("absent", "0");
    link_to("x0.example", "x0.example"); /* not another place */
    ask();
    are("absent", "0");
    link_to("late.example", "late.example");
    ask();
    are("unknown (it links to more than 40 domains)",
        "unknown (it links to more than 40 domains)");
    ck_assert_uint_eq(fake_dns_asked(), (size_t)3 * LINK_PLACES_MAX);
}
END_TEST

/* Who writes hundreds of them cannot know which are asked; the same ones are when he tries again. */
START_TEST(of_many_places_some_are_drawn)
{
    char name[60];
    int drawn = 0, of_the_first = 0, one = -1;

    begin("uri.example");
    link_to_many(500);
    ask();
    ck_assert_uint_eq(fake_dns_asked(), LINK_PLACES_MAX);
    for (int i = 0; i < 500; i++)
        if (is_drawn(i)) {
            drawn++;
            of_the_first += i < LINK_PLACES_MAX;
            one = i;
        }
    ck_assert_int_eq(drawn, LINK_PLACES_MAX);
    ck_assert_int_lt(of_the_first, LINK_PLACES_MAX);
    snprintf(name, sizeof name, "x%d.example.uri.example", one);
    fake_dns_add(DNS_A, name, "127.0.0.2");
    ask();
    are("{\"uri.example\"}", "1");
    ck_assert_uint_eq(fake_dns_asked_for(DNS_A, name), 2);
    facts_free(&links); /* in another order */
    links = facts_new();
    facts_set_absent(links, FACT_CLIENT_IP);
    facts_records_learnt(links, RECORD_URL, false, SPAN(""));
    for (int i = 500; i-- > 0;) {
        snprintf(name, sizeof name, "x%d.example", i);
        link_to(name, name);
    }
    ask();
    are("{\"uri.example\"}", "1");
}
END_TEST

START_TEST(with_many_lists_fewer_places_are_asked)
{
    begin("a.example, b.example, c.example, d.example, e.example, f.example, g.example, "
          "h.example");
    link_to_many(33);
    ask();
    are("unknown (it links to more than 32 domains)",
        "unknown (it links to more than 32 domains)");
    ck_assert_uint_eq(fake_dns_asked(), DNS_OURS_MAX);
}
END_TEST

START_TEST(who_asks_by_links_is_counted_apart)
{
    struct dns_question question;
    struct ip ip;

    begin("uri.example");
    ck_assert(ip_parse(SPAN("192.0.2.77"), &ip));
    facts_set_ip(links, FACT_CLIENT_IP, &ip);
    link_to("x.example", "x.example");
    ask();
    ck_assert(fake_dns_last(DNS_A, "x.example.uri.example", &question));
    ck_assert(question.is_ours);
    ck_assert_uint_eq(question.asker, dns_asker(&ip) + DNS_ASKER_APART);
}
END_TEST

START_TEST(links_that_are_not_known_make_it_unknown)
{
    begin("uri.example");
    facts_records_learnt(links, RECORD_URL, true, SPAN("too many links"));
    ask();
    are("unknown (not all of its links are known: too many links)",
        "unknown (not all of its links are known: too many links)");
    facts_records_unknown(links, RECORD_URL, SPAN("inspector: timeout"));
    ask();
    are("unknown (its links are not known: inspector: timeout)",
        "unknown (its links are not known: inspector: timeout)");
    facts_free(&links);
    links = facts_new();
    facts_set_absent(links, FACT_CLIENT_IP);
    ask();
    are("unknown (its links are not known: not looked for)",
        "unknown (its links are not known: not looked for)");
}
END_TEST

START_TEST(without_such_lists_there_is_nothing_to_ask)
{
    begin("");
    ck_assert(dnsbl_url_check.is_idle());
    link_to("x.example", "x.example");
    ask();
    are("absent", "0");
    ck_assert_uint_eq(fake_dns_asked(), 0);
    begin("uri.example");
    ck_assert(!dnsbl_url_check.is_idle());
}
END_TEST

SUITE_MAIN("checks/dnsbl_url", of_many_places_some_are_drawn, it_is_said_which_links_are_listed,
           with_many_lists_fewer_places_are_asked, who_asks_by_links_is_counted_apart,
           registered_domains_are_asked_once_and_together, addresses_are_asked_reversed,
           what_is_our_own_business_is_not_asked, silence_is_unknown_unless_another_lists,
           a_refusal_of_the_operator_is_no_listing,
           a_list_that_is_left_out_is_tried_with_one_name,
           no_more_than_a_bounded_number_of_places_is_asked,
           links_that_are_not_known_make_it_unknown, without_such_lists_there_is_nothing_to_ask)
