/* The resolver's bounds: per zone, per asker, for our own zones, over all; silence of one zone and of all servers. */
#include <poll.h>
#include <stdio.h>
#include "base/ipnet.h"
#include "conf/settings.h"
#include "dns/dns.h"
#include "dns/dns_wait.h"
#include "t/lib/dns_asks.h"
#include "t/lib/dns_responder.h"

#define LOOK_MS 5

static struct settings settings;
static struct dns_question questions[ASKS_MAX];
static char names[ASKS_MAX][80];

static void begin(void)
{
    struct err err = {""};

    settings.resolver = responder_begin();
    settings.dnssec_anchor_file = "";
    settings.dns_timeout = 20000;
    ck_assert_msg(dns_begin(&settings, &err) == 0, "%s", err.text);
    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FOUND);
}

static void end(void)
{
    dns_end();
    responder_end();
}

static size_t count_of(enum dns_status status, size_t from)
{
    size_t count = 0;

    for (size_t i = from; i < ask_count; i++)
        count += asks[i].is_done && asks[i].status == status;
    return count;
}

/* The pattern with a number for each "#". */
static void fill(char *to, const char *pattern, size_t number)
{
    for (; *pattern != '\0'; pattern++)
        if (*pattern == '#')
            to += snprintf(to, 8, "%zu", number);
        else
            *to++ = *pattern;
    *to = '\0';
}

/* count questions from now on; pattern has a number. */
static void ask_many(size_t count, const char *pattern, uint64_t asker, bool is_ours)
{
    for (size_t i = 0; i < count; i++) {
        fill(names[ask_count], pattern, i);
        questions[i] = asks_question(DNS_TXT, names[ask_count], 20000);
        questions[i].asker = asker;
        questions[i].is_ours = is_ours;
    }
    dns_ask(questions, count);
}

static void wait_under_way(unsigned count)
{
    struct dns_counts counts;

    for (int64_t end = clock_mono_ms() + 20000; clock_mono_ms() < end;) {
        dns_count(&counts);
        if (counts.under_way == count)
            return;
        poll(NULL, 0, LOOK_MS);
    }
    ck_abort_msg("%u lookups are under way, not %u", counts.under_way, count);
}

static void let_go_and_check(size_t under_way, size_t limited)
{
    struct dns_counts counts;

    asks_wait(1 + limited);
    wait_under_way((unsigned)under_way);
    ck_assert_uint_eq(count_of(DNS_LIMITED, 1), limited);
    responder_release();
    asks_wait(ask_count);
    ck_assert_uint_eq(count_of(DNS_FOUND, 1), ask_count - 1 - limited);
    wait_under_way(0);
    dns_count(&counts);
    ck_assert_uint_eq(counts.limited, limited);
}

/* Different spellings and subdomains of one organisational domain; another's are free. */
START_TEST(test_zone)
{
    begin();
    ask_many(DNS_ZONE_MAX - 1, "held#.victim.example", 0, false);
    ask_many(3, "held.sub#.\\118ictim.EXAMPLE", 0, false);
    ask_many(DNS_ZONE_MAX, "held#.other.example", 0, false);
    ask_many(1, "held0.victim.example", 0, false); /* joins */
    let_go_and_check(2 * DNS_ZONE_MAX, 2);
    ask_many(DNS_ZONE_MAX, "found#.victim.example", 0, false); /* all is given back */
    asks_wait(ask_count);
    ck_assert_uint_eq(count_of(DNS_LIMITED, 1), 2);
    end();
}
END_TEST

/* What is known is answered where nothing more may be asked. */
START_TEST(test_known)
{
    begin();
    ask_many(2, "found#.victim.example", 77, false);
    asks_wait(ask_count);
    ask_many(DNS_ASKER_MAX, "held#.victim.example", 77, false);
    ask_many(1, "found1.victim.example", 77, false);
    asks_wait_for(&asks[ask_count - 1]);
    ck_assert_int_eq(asks[ask_count - 1].status, DNS_FOUND);
    ck_assert_uint_eq(responder_asked_for("found1"), 1);
    responder_release();
    asks_wait(ask_count);
    ck_assert_uint_eq(count_of(DNS_LIMITED, 1), DNS_ASKER_MAX - DNS_ZONE_MAX);
    end();
}
END_TEST

START_TEST(test_asker)
{
    begin();
    ask_many(DNS_ASKER_MAX + 5, "held.zone#.example#", 77, false);
    ask_many(10, "held.third#.example#", 78, false);
    ask_many(3, "held.third#.example#", 77, false); /* who joins costs nothing */
    let_go_and_check(DNS_ASKER_MAX + 10, 5);
    end();
}
END_TEST

START_TEST(test_ours)
{
    begin();
    ask_many(DNS_OURS_MAX + 4, "held#.list.example", 77, true);
    ask_many(DNS_ZONE_MAX + 1, "held#.other.list.example", 79, false); /* counted apart */
    let_go_and_check(DNS_OURS_MAX + DNS_ZONE_MAX, 5);
    end();
}
END_TEST

/* What a message holds does not keep us from asking about clients, though one operator has both lists. */
START_TEST(test_ours_apart)
{
    begin();
    ask_many(DNS_OURS_MAX + 4, "held#.dbl.list.example", 77 + DNS_ASKER_APART, true);
    ask_many(9, "held#.zen.list.example", 77, true);
    ask_many(9, "held#.zen.list.example", 78, true); /* join */
    let_go_and_check(DNS_OURS_MAX + 9, 4);
    end();
}
END_TEST

/* More below one domain than senders may ask for. */
START_TEST(test_wait)
{
    struct dns_wanted wanted[2 * DNS_ZONE_MAX];
    struct arena *arena = arena_new();
    char name[2 * DNS_ZONE_MAX][40];

    begin();
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        fill(name[i], "found#.list.example", i);
        wanted[i] = (struct dns_wanted){.type = DNS_TXT, .name = span_of(name[i])};
    }
    dns_wait(wanted, COUNT_OF(wanted), 20000, arena);
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        ck_assert_int_eq(wanted[i].answer.status, DNS_FOUND);
    end();
    arena_free(&arena);
}
END_TEST

START_TEST(test_total)
{
    begin();
    ask_many(DNS_TOTAL_MAX + 10, "held.zone#.example#", 0, false);
    let_go_and_check(DNS_TOTAL_MAX, 10);
    end();
}
END_TEST

/* A sender's zones that never answer, and clean names beside them: these wait for nothing. */
START_TEST(test_silent_zone)
{
    int64_t begun;
    size_t slow = 0;
    char name[60];

    begin();
    ask_many(500, "silent.zone#.example#", 0, false);
    ck_assert(responder_wait_asked("silent", 500));
    for (int i = 0; i < 200; i++) {
        struct dns_question question;

        snprintf(name, sizeof name, "found.clean%d.example", i);
        question = asks_question(DNS_TXT, name, 9000);
        begun = clock_mono_us();
        dns_ask(&question, 1);
        asks_wait_for(question.ctx);
        slow += clock_mono_us() - begun > 500000;
    }
    ck_assert_uint_eq(count_of(DNS_FOUND, 501), 200);
    ck_assert_uint_le(slow, 2); /* a millisecond is normal; the machine may be busy elsewhere */
    end();
    ck_assert_uint_eq(done_count, 701);
}
END_TEST

/* Microseconds until a lookup that nobody answers has failed. */
static int64_t patience(const char *name)
{
    struct dns_question question = asks_question(DNS_TXT, name, 15000);
    const struct ask *ask = question.ctx;
    int64_t begun = clock_mono_us();

    dns_ask(&question, 1);
    asks_wait_for(ask);
    ck_assert(ask->status == DNS_TIMEOUT || ask->status == DNS_FAILED);
    return ask->done_us - begun;
}

/* When nobody answers at all, lookups get a second; when somebody does again, all is as before. */
START_TEST(test_silence)
{
    struct dns_counts counts;
    struct dns_question question;
    int tries = 0;

    begin();
    responder_set_silent(true);
    question = asks_question(DNS_TXT, "found.first.example", 15000);
    dns_ask(&question, 1);
    while (dns_count(&counts), !counts.is_silent)
        poll(NULL, 0, LOOK_MS);
    ck_assert(!asks[1].is_done);
    ck_assert_int_eq(ask_one(DNS_A, "found.example")->status, DNS_FOUND); /* is known */
    while (patience("found.second.example") >= 1900000)
        ck_assert_int_lt(++tries, 5); /* the machine may be busy elsewhere, but not each time */
    responder_set_silent(false);
    while (dns_count(&counts), counts.is_silent)
        poll(NULL, 0, LOOK_MS);
    ck_assert_int_eq(ask_one(DNS_TXT, "found.second.example")->status, DNS_FOUND);
    dns_count(&counts);
    ck_assert(!counts.is_silent);
    ck_assert_int_eq(ask_one(DNS_TXT, "found.third.example")->status, DNS_FOUND);
    end();
}
END_TEST

START_TEST(test_dns_asker)
{
    static const struct {
        const char *a, *b;
        bool is_same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.255", true},
        {"192.0.2.1", "192.0.3.1", false},
        {"2001:db8:1:100::1", "2001:db8:1:1ff::2", true},
        {"2001:db8:1:100::1", "2001:db8:1:200::1", false},
        {"0.0.0.1", "::1", false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip a, b;

        ck_assert(ip_parse(span_of(cases[i].a), &a) && ip_parse(span_of(cases[i].b), &b));
        ck_assert_msg((dns_asker(&a) == dns_asker(&b)) == cases[i].is_same, "%s", cases[i].b);
        ck_assert_uint_ne(dns_asker(&a), 0);
    }
}
END_TEST

SUITE_MAIN("dns bounds", test_zone, test_known, test_asker, test_ours, test_ours_apart,
           test_wait, test_total, test_silent_zone, test_silence, test_dns_asker)
