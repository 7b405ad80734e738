/* test_authentication.c - what is asked at which step of a message, for whom, and who waits for it. */
#include <pthread.h>
#include "base/clock.h"
#include "checks/dmarc.h"
#include "checks/dnsbl.h"
#include "checks/sender_check.h"
#include "engine/origin.h"
#include "milter/ahead.h"
#include "milter/authentication.h"
#include "t/lib/fake_dns.h"
#include "t/lib/fake_rounds.h"
#include "milter/signing_keys.h"
#include "t/lib/snapshot_of.h"
#include "t/lib/temp_dir.h"

#define S(text)                                                                                \
    {                                                                                          \
        text, sizeof(text) - 1                                                                 \
    }
#define NETWORKS "list relay_networks ip { 10.0.0.0/8 }\n[filter]\n"
#define QUIET    NETWORKS "rule x when subject = \"x\" then accept\n"
#define REJECTS  NETWORKS "rule x when message.size > 0 then reject \"5.7.1 no\"\n"
#define STRANGER "192.0.2.7"

static const struct check *const checks[] = {&spf_check, &helo_check, &signatures_check,
                                             &dmarc_check, &dnsbl_check};
static const struct sender_result spf_passes = {.spf = 3, .spf_domain = S("a.example")};
static const struct sender_result spf_fails = {
    .arc = 1, .from_count = 1, .taken = {.is_there = true, .id = S("mx.example"), .spf = 4}};
static const struct sender_result unsigned_mail = {.arc = 1, .from_count = 1};

static struct gate gate;
static struct settings *settings;
static char dir[200];

static void setup(const char *rules, const char *more)
{
    struct str text = STR_EMPTY, problems = STR_EMPTY;
    struct snapshot *snapshot = (struct snapshot *)(uintptr_t)snapshot_of(rules);

    str_printf(&text,
               "node_name = gate1\nauthserv_id = gate.example\n"
               "trusted_authserv_ids = mx.example@198.51.100.0/24\n"
               "dnsbl_client_zones = bl.example\n%s",
               more);
    ck_assert_msg(settings_parse(&settings, str_span(&text), "cf", &problems) == 0, "%s",
                  str_cstr(&problems));
    str_clear(&text);
    str_clear(&problems);
    gate.settings = settings;
    gate.signing_keys = signing_keys_open(temp_dir_make(dir), NULL);
    gate.trace.count = 1;
    snapshot_swap(&snapshot);
    fake_dns_reset();
    fake_rounds_reset();
    origin_init(settings);
    sender_check_begin(settings);
    dnsbl_begin(settings);
    checks_register(checks, COUNT_OF(checks));
}

static void say(void)
{
    static const struct fake_rounds_row rows[] = {
        {SENDER_SPF, NULL, NULL, &spf_passes, NULL},
        {SENDER_SIGNATURES, NULL, NULL, &unsigned_mail, NULL}};

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        fake_rounds_say(&rows[i]);
}

static struct session *session_of(const char *client, enum path path)
{
    struct session *session;
    struct ip ip;

    ck_assert(ip_parse(span_of(client), &ip));
    session = session_new(&gate, &ip);
    session->is_trial = true;
    session->path = path;
    session_helo(session, SPAN("mx.a.example"));
    return session;
}

static struct transaction *mail(struct session *session, const char *sender, const char *user)
{
    struct facts *facts = facts_new();

    facts_set_absent(facts, FACT_AUTH_USER);
    if (user != NULL)
        facts_set_text(facts, FACT_AUTH_USER, span_of(user));
    session->transaction =
        transaction_new(session, (struct smtp_path){sender, NULL}, NULL, facts);
    return session->transaction;
}

static void rcpt(struct transaction *t)
{
    struct answer answer;

    transaction_rcpt(t, (struct smtp_path){"<anna@b.example>", NULL}, &answer);
    ck_assert_int_eq(answer.kind, ANSWER_CONTINUE);
}

static enum answer_kind judge(struct transaction *t)
{
    struct answer answer;

    transaction_header(t, SPAN("From"), SPAN(" x@a.example"));
    transaction_end_headers(t);
    transaction_body(t, SPAN("text\r\n"));
    transaction_judge(t, "4XYZ", &answer);
    return answer.kind;
}

static void teardown(struct session *session)
{
    struct snapshot *none = NULL;

    fake_rounds_release();
    fake_rounds_reset();
    session_free(&session);
    snapshot_swap(&none);
    settings_free(&settings);
    signing_keys_close(&gate.signing_keys);
    temp_dir_remove(dir);
}

static int64_t word_of(const struct transaction *t, enum fact_id id)
{
    const struct fact *fact = facts_get(t->deciding.message, id);

    return fact->state == FACT_VALUE ? fact->values[0].number : -(int64_t)fact->state;
}

/* Who is asked about at MAIL, and by what it is asked for. */
START_TEST(test_at_mail)
{
    static const struct {
        const char *name, *rules, *more, *client, *user;
        enum path path;
        size_t spf, dmarc, dnsbl;
    } cases[] = {
        {"a stranger", QUIET, "", STRANGER, NULL, PATH_PROXY, 1, 1, 0},
        {"sendmail(1)", QUIET, "", STRANGER, NULL, PATH_LOCAL, 1, 1, 0},
        {"nobody's listener", QUIET, "", STRANGER, NULL, 0, 1, 1, 0},
        {"staging", QUIET, "", STRANGER, NULL, PATH_STAGING, 0, 0, 0},
        {"a release", QUIET, "", STRANGER, NULL, PATH_RELEASE, 0, 0, 0},
        {"our own", QUIET, "", "10.1.2.3", NULL, PATH_PROXY, 0, 0, 0},
        {"a login", QUIET, "", STRANGER, "ann", PATH_PROXY, 0, 0, 0},
        {"nobody asks", QUIET, "authentication_results = no\n", STRANGER, NULL, PATH_PROXY, 0,
         0, 0},
        {"rules ask dmarc", NETWORKS "rule x when dmarc = fail then reject \"5.7.1 no\"\n",
         "authentication_results = no\n", STRANGER, NULL, PATH_PROXY, 1, 1, 0},
        {"rules ask dmarc of our own",
         NETWORKS "rule x when dmarc = fail then reject \"5.7.1 no\"\n", "", "10.1.2.3", NULL,
         PATH_PROXY, 0, 0, 0},
        {"rules ask lists",
         NETWORKS "rule x (unknown passes) when dnsbl known then reject "
                  "\"5.7.1 no\"\n",
         "authentication_results = no\n", STRANGER, NULL, PATH_PROXY, 0, 0, 1},
        {"lists of a gateway",
         NETWORKS "rule x (unknown passes) when dnsbl known then reject "
                  "\"5.7.1 no\"\n",
         "", "198.51.100.9", NULL, PATH_PROXY, 0, 1, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct session *session;
        setup(cases[i].rules, cases[i].more);
        session = session_of(cases[i].client, cases[i].path);
        mail(session, "<x@mail.a.example>", cases[i].user);
        ck_assert_msg(fake_rounds_asked(SENDER_SPF) == cases[i].spf, "%s: spf", cases[i].name);
        ck_assert_msg(fake_dns_asked_for(DNS_TXT, "_dmarc.mail.a.example") == cases[i].dmarc,
                      "%s: dmarc", cases[i].name);
        ck_assert_msg(fake_dns_asked_for(DNS_TXT, "_dmarc.a.example") == cases[i].dmarc,
                      "%s: dmarc above", cases[i].name);
        ck_assert_msg(fake_dns_asked_for(DNS_A, "7.2.0.192.bl.example") == cases[i].dnsbl,
                      "%s: dnsbl", cases[i].name);
        ck_assert_msg(fake_dns_asked_for(DNS_A, "1.0.0.127.bl.example") == cases[i].dnsbl,
                      "%s: whether the list lists everything", cases[i].name);
        ck_assert_msg(fake_dns_asked() == 2 * cases[i].dmarc + 2 * cases[i].dnsbl, "%s: more",
                      cases[i].name);
        teardown(session);
    }
}
END_TEST

START_TEST(test_at_connect)
{
    static const struct {
        const char *name, *client;
        enum path path;
        size_t want;
    } cases[] = {
        {"a stranger", STRANGER, PATH_PROXY, 1},
        {"our own", "10.1.2.3", PATH_PROXY, 0},
        {"who will log in", STRANGER, PATH_SUBMISSION, 0},
        {"a release", "127.0.0.1", PATH_RELEASE, 0},
        {"a gateway", "198.51.100.9", PATH_PROXY, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct session *session;
        setup(NETWORKS "rule x (unknown passes) when dnsbl known then reject \"5.7.1 no\"\n",
              "");
        session = session_of(cases[i].client, cases[i].path);
        ahead_connect(session);
        ck_assert_msg(fake_dns_asked() == cases[i].want, "%s", cases[i].name);
        teardown(session);
        setup(QUIET, "");
        session = session_of(cases[i].client, cases[i].path);
        ahead_connect(session);
        ck_assert_msg(fake_dns_asked() == 0, "%s: no rule asks", cases[i].name);
        teardown(session);
    }
}
END_TEST

START_TEST(test_at_end_of_headers)
{
    struct session *session;
    struct transaction *t;
    size_t batches;

    setup(QUIET, "dns_never_ask = corp.example\n");
    session = session_of(STRANGER, PATH_PROXY);
    t = mail(session, "<x@a.example>", NULL);
    rcpt(t);
    batches = fake_dns_batches();
    transaction_header(t, SPAN("DKIM-Signature"),
                       SPAN(" v=1; a=rsa-sha256; d=A.Example;\n s=s1; b=x"));
    transaction_header(t, SPAN("dkim-signature"), SPAN(" d=a.example; s=s1"));
    transaction_header(t, SPAN("ARC-Seal"), SPAN(" i=1; d=list.example; s=arc"));
    transaction_header(t, SPAN("DKIM-Signature"), SPAN(" d=mail.corp.example; s=s1"));
    transaction_header(t, SPAN("DKIM-Signature"), SPAN(" nonsense"));
    transaction_header(t, SPAN("From"), SPAN(" \"x@y.example\" <bob@Sub.B.Example> (c)"));
    transaction_end_headers(t);
    ck_assert_uint_eq(fake_dns_batches(), batches + 1);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "s1._domainkey.a.example"), 1);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "arc._domainkey.list.example"), 1);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "s1._domainkey.mail.corp.example"), 0);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "_dmarc.sub.b.example"), 1);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "_dmarc.b.example"), 1);
    teardown(session);
}
END_TEST

START_TEST(test_thousands_of_signatures)
{
    struct session *session;
    struct transaction *t;
    size_t before;

    setup(QUIET, "");
    session = session_of(STRANGER, PATH_PROXY);
    t = mail(session, "<x@a.example>", NULL);
    rcpt(t);
    before = fake_dns_asked();
    for (int i = 0; i < 3000; i++) {
        struct str value = STR_EMPTY;
        str_printf(&value, " d=d%d.example; s=s", i);
        transaction_header(t, SPAN("DKIM-Signature"), str_span(&value));
        str_clear(&value);
    }
    transaction_end_headers(t);
    ck_assert_uint_ge(fake_dns_asked() - before, SENDER_SIGNATURES_MAX);
    ck_assert_uint_le(fake_dns_asked() - before, 2 * SENDER_SIGNATURES_MAX);
    teardown(session);
}
END_TEST

START_TEST(test_a_rejected_message_waits_for_nothing)
{
    struct session *session;
    struct transaction *t;

    setup(REJECTS, "");
    fake_rounds_hold();
    session = session_of(STRANGER, PATH_PROXY);
    t = mail(session, "<x@a.example>", NULL);
    rcpt(t);
    ck_assert_int_eq(judge(t), ANSWER_REJECT);
    ck_assert_int_eq(facts_get(t->deciding.message, FACT_SPF)->state, FACT_PENDING);
    teardown(session);
}
END_TEST

static void *release_when_asked(void *unused)
{
    (void)unused;
    (void)fake_rounds_wait_asked(2);
    fake_rounds_release();
    return NULL;
}

START_TEST(test_a_delivered_message_waits)
{
    struct session *session;
    struct transaction *t;
    pthread_t thread;

    setup(QUIET, "");
    say();
    fake_rounds_hold();
    session = session_of(STRANGER, PATH_PROXY);
    t = mail(session, "<x@a.example>", NULL);
    rcpt(t);
    ck_assert_int_eq(pthread_create(&thread, NULL, release_when_asked, NULL), 0);
    ck_assert_int_eq(judge(t), ANSWER_CONTINUE);
    pthread_join(thread, NULL);
    ck_assert_int_eq(word_of(t, FACT_SPF), 3);
    ck_assert_int_eq(word_of(t, FACT_DKIM), 1);
    ck_assert_int_ne(facts_get(t->deciding.message, FACT_DMARC)->state, FACT_PENDING);
    ck_assert(authentication_is_wanted(t));
    teardown(session);
}
END_TEST

/* A sender pool that never answers: the message goes on, with temperror, once the time for lookups is over, not the message's. */
START_TEST(test_what_never_comes)
{
    struct session *session;
    struct transaction *t;
    int64_t begun;

    setup(QUIET, "dns_timeout = 300ms\n");
    fake_rounds_hold();
    session = session_of(STRANGER, PATH_PROXY);
    t = mail(session, "<x@a.example>", NULL);
    rcpt(t);
    begun = clock_mono_ms();
    ck_assert_int_eq(judge(t), ANSWER_CONTINUE);
    ck_assert_int_lt(clock_mono_ms() - begun, settings->message_deadline / 2);
    ck_assert_int_eq(word_of(t, FACT_SPF), 6);
    ck_assert_int_eq(word_of(t, FACT_DKIM), 6);
    ck_assert_int_eq(word_of(t, FACT_DMARC), 4);
    teardown(session);
}
END_TEST

/* Its word is there before the rules are asked, though SPF is not asked about the gateway itself. */
START_TEST(test_a_gateway)
{
    static const struct fake_rounds_row row = {SENDER_SIGNATURES, NULL, NULL, &spf_fails, NULL};
    struct session *session;
    struct transaction *t;

    setup(NETWORKS "rule x when spf = fail then reject \"5.7.1 no\"\n",
          "authentication_results = no\n");
    fake_rounds_say(&row);
    session = session_of("198.51.100.9", PATH_PROXY);
    t = mail(session, "<x@a.example>", NULL);
    ck_assert_int_eq(facts_get(t->deciding.message, FACT_SPF)->state, FACT_ABSENT);
    rcpt(t);
    ck_assert_int_eq(judge(t), ANSWER_REJECT);
    ck_assert_uint_eq(fake_rounds_asked(SENDER_SPF), 0);
    teardown(session);
}
END_TEST

SUITE_MAIN("milter/authentication", test_at_mail, test_at_connect, test_at_end_of_headers,
           test_thousands_of_signatures, test_a_rejected_message_waits_for_nothing,
           test_a_delivered_message_waits, test_what_never_comes, test_a_gateway)
