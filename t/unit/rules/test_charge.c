/* test_charge.c - names of counters, keys from facts, what a delivered message charges, the limits of a rule set. */
#include <stdio.h>
#include "rules/charge.h"
#include "rules/charge_limits.h"
#include "t/lib/suite.h"

static const char text[] =
    "[policy]\n"
    "rule busy when count(messages, auth.user, 1h) > 200 then reject \"5.7.1 busy\"\n"
    "rule busier (warn) when count(messages, auth.user, 1h) >= 100 then log \"busy\"\n"
    "rule wide when count(recipients, (auth.user, client.ip), 1d) > 50 then defer \"4.7.1 "
    "wide\"\n"
    "rule large when sum(size, auth.user, 1d) > 10MB then defer \"4.7.1 large\"\n"
    "rule many when distinct(recipient.domain, auth.user, 1h) > 5 then defer \"4.7.1 many\"\n"
    "rule either when count(messages, client.ip, 1h) > count(messages, client.ip, 1d) "
    "then defer \"4.7.1 either\"\n";

static struct ruleset *rules;
static struct lists lists;
static struct facts *message;
static struct arena *arena;

static void begin(void)
{
    struct problems problems = {0};

    rules = ruleset_compile(span_of(text), "test", &problems);
    ck_assert_ptr_nonnull(rules);
    problems_clear(&problems);
    lists = (struct lists){.rules = rules};
    message = facts_new();
    arena = arena_new();
}

static void end(void)
{
    ruleset_unpin(&rules);
    facts_free(&message);
    arena_free(&arena);
}

START_TEST(a_name_is_taken_apart)
{
    static const struct {
        const char *name;
        enum charge_kind kind; /* 0: it is none */
        int64_t window;
    } cases[] = {
        {"messages auth.user 3600", CHARGE_MESSAGES, 3600},
        {"recipients auth.user,client.ip 60", CHARGE_RECIPIENTS, 60},
        {"size sender 86400", CHARGE_SIZE, 86400},
        {"recipient auth.user 3600", CHARGE_DISTINCT, 3600},
        {"recipient.domain sender.domain 1", CHARGE_DISTINCT, 1},
        {"", 0, 0},
        {"messages", 0, 0},
        {"messages auth.user", 0, 0},
        {"messages auth.user 0", 0, 0},
        {"messages auth.user 2678401", 0, 0},
        {"messages auth.user 3600 more", 0, 0},
        {"messages nothing 3600", 0, 0},
        {"messages a,b,c 3600", 0, 0},
        {"messages  3600", 0, 0},
        {"messages auth.user,client.ip,sender 60", 0, 0},
        {"dnsbl auth.user 60", 0, 0},
        {"attachment.name auth.user 60", 0, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct charge_counter counter;
        bool is_one = charge_counter_parse(span_of(cases[i].name), &counter);
        ck_assert_msg(is_one == (cases[i].kind != 0), "%s", cases[i].name);
        if (is_one)
            ck_assert_msg(counter.kind == cases[i].kind && counter.window == cases[i].window,
                          "%s", cases[i].name);
    }
}
END_TEST

static const char *key_of(const char *name, struct str *out)
{
    struct facts_view view = {message, message};
    struct charge_counter counter;

    str_reset(out);
    ck_assert(charge_counter_parse(span_of(name), &counter));
    return charge_key(&counter, &lists, &view, out) ? str_cstr(out) : NULL;
}

START_TEST(a_key_is_made_of_facts)
{
    struct str out = STR_EMPTY, longest = STR_EMPTY;
    struct ip ip;

    begin();
    ck_assert_ptr_null(key_of("messages auth.user 60", &out)); /* not learnt */
    facts_set_absent(message, FACT_AUTH_USER);
    ck_assert_ptr_null(key_of("messages auth.user 60", &out));
    facts_set_text(message, FACT_AUTH_USER, SPAN("Alice B\n%"));
    ck_assert_str_eq(key_of("messages auth.user 60", &out), "alice%20b%0a%25");
    ip_parse(SPAN("192.0.2.7"), &ip);
    facts_set_ip(message, FACT_CLIENT_IP, &ip);
    ck_assert_str_eq(key_of("messages auth.user,client.ip 60", &out),
                     "alice%20b%0a%25 192.0.2.7");
    facts_set_number(message, FACT_DOMAIN_ACCEPTED, 0);
    ck_assert_str_eq(key_of("messages direction 60", &out), "2"); /* outbound: a login */
    for (int i = 0; i < 500; i++)
        str_addc(&longest, 'x');
    facts_set_text(message, FACT_AUTH_USER, str_span(&longest));
    ck_assert_uint_eq(strlen(key_of("messages auth.user 60", &out)), 64);
    str_clear(&out);
    str_clear(&longest);
    end();
}
END_TEST

static void add_recipient(struct charges *charges, const char *address, const char *domain)
{
    struct facts *recipient = facts_new();
    struct facts_view view = {message, recipient};

    facts_set_text(recipient, FACT_RECIPIENT, span_of(address));
    facts_set_text(recipient, FACT_RECIPIENT_DOMAIN, span_of(domain));
    charges_add(charges, &lists, &view, 1000);
    facts_free(&recipient);
}

static int64_t amount_of(const struct charges *charges, const char *name, const char *member)
{
    for (size_t i = 0; i < charges->count; i++)
        if (span_is(charges->of[i].counter, name) && span_is(charges->of[i].member, member))
            return charges->of[i].amount;
    return 0;
}

START_TEST(a_message_charges_once_a_recipient_each)
{
    struct charges charges = {0};
    struct ip ip;

    begin();
    charges.arena = arena;
    facts_set_text(message, FACT_AUTH_USER, SPAN("alice"));
    ip_parse(SPAN("2001:db8::1"), &ip);
    facts_set_ip(message, FACT_CLIENT_IP, &ip);
    add_recipient(&charges, "a@one.example", "one.example");
    add_recipient(&charges, "b@one.example", "one.example");
    add_recipient(&charges, "c@two.example", "two.example");
    ck_assert_int_eq(amount_of(&charges, "messages auth.user 3600", ""), 1);
    ck_assert_int_eq(amount_of(&charges, "recipients auth.user,client.ip 86400", ""), 3);
    ck_assert_int_eq(amount_of(&charges, "size auth.user 86400", ""), 1000);
    ck_assert_int_eq(amount_of(&charges, "recipient.domain auth.user 3600", "one.example"), 1);
    ck_assert_int_eq(amount_of(&charges, "recipient.domain auth.user 3600", "two.example"), 1);
    ck_assert_uint_eq(charges.count, 7);
    end();
}
END_TEST

START_TEST(without_a_key_nothing_is_charged)
{
    struct charges charges = {0};

    begin();
    charges.arena = arena;
    facts_set_absent(message, FACT_AUTH_USER);
    facts_set_unknown(message, FACT_CLIENT_IP, SPAN("lost"));
    add_recipient(&charges, "a@one.example", "one.example");
    ck_assert_uint_eq(charges.count, 0);
    end();
}
END_TEST

START_TEST(many_charges_are_told_apart_and_bounded)
{
    static const char by_recipient[] =
        "[policy] rule a when count(messages, recipient, 1h) > 5 then defer \"4.7.1 a\"";
    struct problems problems = {0};
    struct charges charges = {0};
    char address[40];

    begin();
    ruleset_unpin(&rules);
    rules = ruleset_compile(span_of(by_recipient), "test", &problems);
    problems_clear(&problems);
    lists.rules = rules;
    charges.arena = arena;
    for (int i = 0; i < CHARGES_MAX + 500; i++) {
        snprintf(address, sizeof address, "r%d@one.example", i);
        add_recipient(&charges, address, "one.example");
        add_recipient(&charges, address, "one.example");
    }
    ck_assert_uint_eq(charges.count, CHARGES_MAX);
    end();
}
END_TEST

START_TEST(limits_are_found_in_the_rules)
{
    struct charge_limits limits;

    begin();
    charge_limits_find(rules, SPAN("messages auth.user 3600"), &limits);
    ck_assert_uint_eq(limits.count, 2);
    ck_assert_int_eq(charge_limits_above(&limits, 0), 100);
    ck_assert_int_eq(charge_limits_above(&limits, 100), 100);
    ck_assert_int_eq(charge_limits_above(&limits, 101), 200);
    ck_assert_int_eq(charge_limits_above(&limits, 201), -1);
    charge_limits_find(rules, SPAN("size auth.user 86400"), &limits);
    ck_assert_int_eq(charge_limits_above(&limits, 1), 10 * 1024 * 1024);
    charge_limits_find(rules, SPAN("messages client.ip 3600"), &limits);
    ck_assert_int_eq(charge_limits_above(&limits, 1), -1); /* compared with another counter */
    charge_limits_find(rules, SPAN("messages sender 3600"), &limits);
    ck_assert_uint_eq(limits.count, 0);
    end();
}
END_TEST

SUITE_MAIN("rules/charge", a_name_is_taken_apart, a_key_is_made_of_facts,
           a_message_charges_once_a_recipient_each, without_a_key_nothing_is_charged,
           many_charges_are_told_apart_and_bounded, limits_are_found_in_the_rules)
