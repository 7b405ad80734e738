/* test_origin.c - whose mail it is, and what is not asked about mail of our own. */
#include "checks/geoip.h"
#include "engine/origin.h"
#include "t/lib/snapshot_of.h"

static const char rules[] = "list relay_networks ip { 10.0.0.0/8 }\n[filter]\n"
                            "rule x when direction = outbound then accept\n";
static int countries;

/* Instead of checks/geoip.c. */
void geoip_learn(struct facts *facts, const struct ip *client)
{
    (void)client;
    countries++;
    facts_set_text(facts, FACT_CLIENT_COUNTRY, SPAN("CH"));
    facts_set_number(facts, FACT_CLIENT_ASN, 64496);
}

static struct facts *learn(const char *client, const char *user)
{
    const struct snapshot *snapshot = snapshot_of(rules);
    struct facts *facts = facts_new();
    struct ip ip;

    countries = 0;
    if (ip_parse(span_of(client), &ip))
        facts_set_ip(facts, FACT_CLIENT_IP, &ip);
    else
        facts_set_absent(facts, FACT_CLIENT_IP);
    facts_set_absent(facts, FACT_AUTH_USER);
    if (user != NULL)
        facts_set_text(facts, FACT_AUTH_USER, span_of(user));
    origin_learn(snapshot, facts);
    snapshot_unpin(&snapshot);
    return facts;
}

static void begin(const char *trusted)
{
    static struct settings settings;

    settings.trusted_authserv_ids = trusted;
    origin_init(&settings);
}

START_TEST(test_who_is_asked_about)
{
    enum { P = FACT_PENDING, A = FACT_ABSENT, V = FACT_VALUE };
    static const struct {
        const char *name, *client, *user;
        int spf, dmarc, country, asn;
    } cases[] = {
        {"a stranger", "192.0.2.7", NULL, P, P, V, V},
        {"a login", "192.0.2.7", "ann", A, A, A, V},
        {"a server of ours", "10.1.2.3", NULL, A, A, A, V},
        {"a gateway in front of us", "198.51.100.9", NULL, A, P, A, A},
        {"a login through the gateway", "198.51.100.9", "ann", A, A, A, A},
        {"no address", "", NULL, A, P, A, A},
    };

    begin("mx.example@198.51.100.0/24");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts *facts = learn(cases[i].client, cases[i].user);
        ck_assert_msg((int)facts_get(facts, FACT_SPF)->state == cases[i].spf, "%s: spf",
                      cases[i].name);
        ck_assert_msg((int)facts_get(facts, FACT_DNSBL_SCORE)->state == cases[i].spf,
                      "%s: dnsbl", cases[i].name);
        ck_assert_msg((int)facts_get(facts, FACT_DMARC)->state == cases[i].dmarc, "%s: dmarc",
                      cases[i].name);
        ck_assert_msg((int)facts_get(facts, FACT_CLIENT_COUNTRY)->state == cases[i].country,
                      "%s: country", cases[i].name);
        ck_assert_int_eq((int)facts_get(facts, FACT_DKIM)->state, FACT_PENDING);
        ck_assert_msg((int)facts_get(facts, FACT_CLIENT_ASN)->state == cases[i].asn, "%s: asn",
                      cases[i].name);
        ck_assert_int_eq(countries, cases[i].asn == V);
        facts_free(&facts);
    }
}
END_TEST

START_TEST(test_without_the_setting_nobody_is_a_gateway)
{
    struct facts *facts;

    begin("");
    facts = learn("198.51.100.9", NULL);
    ck_assert(!origin_is_gateway(facts));
    ck_assert_int_eq((int)facts_get(facts, FACT_SPF)->state, FACT_PENDING);
    facts_free(&facts);
}
END_TEST

/* Who is not known to be a stranger is not taken for one. */
START_TEST(test_a_client_that_is_not_known)
{
    const struct snapshot *snapshot = snapshot_of(rules);
    struct facts *facts = facts_new();

    begin("");
    facts_set_absent(facts, FACT_AUTH_USER);
    facts_set_unknown(facts, FACT_CLIENT_IP, SPAN("?"));
    ck_assert(!origin_is_outside(snapshot, facts));
    origin_learn(snapshot, facts);
    ck_assert_int_eq((int)facts_get(facts, FACT_SPF)->state, FACT_ABSENT);
    facts_free(&facts);
    snapshot_unpin(&snapshot);
}
END_TEST

START_TEST(test_before_a_login_can_be_known)
{
    static const struct {
        const char *client;
        bool want;
    } cases[] = {{"192.0.2.7", true}, {"10.1.2.3", false}};
    const struct snapshot *snapshot = snapshot_of(rules);

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facts *facts = facts_new();
        struct ip ip;
        ck_assert(ip_parse(span_of(cases[i].client), &ip));
        facts_set_ip(facts, FACT_CLIENT_IP, &ip);
        ck_assert(origin_may_be_outside(snapshot, facts) == cases[i].want);
        ck_assert(!origin_is_outside(snapshot, facts));
        facts_free(&facts);
    }
    snapshot_unpin(&snapshot);
}
END_TEST

SUITE_MAIN("engine/origin", test_before_a_login_can_be_known, test_who_is_asked_about,
           test_without_the_setting_nobody_is_a_gateway, test_a_client_that_is_not_known)
