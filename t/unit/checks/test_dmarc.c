/* test_dmarc.c - what the check makes of facts and records: each case is one message. */
#include <stdio.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/dmarc.h"
#include "checks/dmarc_ask.h"
#include "checks/sender_check.h"
#include "facts/fact_words.h"
#include "t/lib/fake_dns.h"
#include "t/lib/suite.h"

static const struct {
    const char *name, *text;
} records[] = {
    {"none.example", "v=DMARC1; p=none"},
    {"quarantine.example", "v=DMARC1; p=quarantine"},
    {"reject.example", "v=DMARC1; p=reject"},
    {"reject.example", "v=spf1 -all"},
    {"strict.example", "v=DMARC1; p=reject; adkim=s; aspf=s"},
    {"below.example", "v=DMARC1; p=none; sp=reject"},
    {"own.below.example", "v=DMARC1; p=quarantine; sp=none"},
    {"broken.below.example", "v=DMARC1; p=rejct"},
    {"two.below.example", "v=DMARC1; p=none"},
    {"two.below.example", "v=DMARC1; p=none"},
    {"other.below.example", "google-site-verification=1"},
    {"reports.example", "v=DMARC1; rua=mailto:d@reports.example"},
    {"left-out.example", "v=DMARC1; p=reject; pct=0"},
    {"left-outq.example", "v=DMARC1; p=quarantine; pct=0"},
    {"left-outn.example", "v=DMARC1; p=none; pct=0"},
    {"co.uk", "v=DMARC1; p=reject"},
    {"intranet.corp", "v=DMARC1; p=reject"},
    {"xn--bcher-kva.example", "v=DMARC1; p=reject"},
    {"a.several.example", "v=DMARC1; p=none"},
};

/* One line per fact, as `facts` prints it; "of" is From. */
struct message {
    const char *from[10];
    const char *login, *spf, *spf_domain, *sender_domain;
    const char *dkim, *dkim_domain, *dkim_author, *dkim_result;
    const char *arc_dmarc, *taken_from, *taken_dmarc;
    bool is_ours, is_from_unknown, is_ambiguous;
};

static void set_text(struct facts *facts, enum fact_id id, const char *text)
{
    if (text != NULL)
        facts_set_text(facts, id, span_of(text));
    else
        facts_set_absent(facts, id);
}

static void set_word(struct facts *facts, enum fact_id id, const char *word)
{
    int value;

    if (word == NULL)
        facts_set_absent(facts, id);
    else if (names_value(fact_table[id].words, span_of(word), &value))
        facts_set_number(facts, id, value);
    else
        ck_abort_msg("%s is no word of %s", word, fact_table[id].name);
}

static void set_from(struct facts *facts, const struct message *message)
{
    struct value values[10] = {{.number = 0}};
    size_t count = 0;

    for (; count < 10 && message->from[count] != NULL; count++)
        values[count].text = span_of(message->from[count]);
    if (message->is_from_unknown)
        facts_set_unknown(facts, FACT_FROM, SPAN("the worker ended"));
    else if (count > 0)
        facts_set_many(facts, FACT_FROM, values, count);
    else
        facts_set_absent(facts, FACT_FROM);
}

static struct facts *facts_of(const struct message *message)
{
    struct facts *facts = facts_new();
    struct ip client;

    ip_parse(SPAN("192.0.2.7"), &client);
    facts_set_ip(facts, FACT_CLIENT_IP, &client);
    set_from(facts, message);
    facts_set_number(facts, FACT_MIME_AMBIGUOUS, message->is_ambiguous);
    set_text(facts, FACT_AUTH_USER, message->login);
    set_word(facts, FACT_SPF, message->spf);
    set_text(facts, FACT_SPF_DOMAIN, message->spf_domain);
    set_text(facts, FACT_SENDER_DOMAIN, message->sender_domain);
    set_word(facts, FACT_DKIM, message->dkim != NULL ? message->dkim : "none");
    set_text(facts, FACT_DKIM_DOMAINS,
             message->dkim_domain != NULL ? message->dkim_domain : message->dkim_author);
    set_text(facts, FACT_DKIM_AUTHORS, message->dkim_author);
    set_text(facts, FACT_DKIM_RESULTS, message->dkim_result);
    set_text(facts, FACT_ARC_DMARC, message->arc_dmarc);
    set_text(facts, FACT_AUTHRES_ID, message->taken_from);
    if (message->taken_dmarc != NULL)
        set_word(facts, FACT_DMARC, message->taken_dmarc);
    for (int id = FACT_DMARC; message->is_ours && id <= FACT_DMARC_DOMAIN; id++)
        facts_set_absent(facts, (enum fact_id)id);
    return facts;
}

static struct check_request *request_of(const struct message *message)
{
    struct check_request *request = xcalloc(1, sizeof *request);

    request->mailbox = mailbox_new();
    request->message_fd = -1;
    request->facts = facts_of(message);
    request->deadline = clock_mono_ms() + 20000;
    request->references = 1;
    return request;
}

static struct facts *answer_of(struct check_request *request)
{
    struct facts *answer;
    int check;

    ck_assert(mailbox_wait(request->mailbox, clock_mono_ms() + 20000));
    answer = mailbox_take(request->mailbox, &check);
    ck_assert_ptr_nonnull(answer);
    return answer;
}

static void begin(void)
{
    static const struct check *const table[] = {&dmarc_check};
    static const struct settings settings = {
        .login_domain = "Inside.example", .dns_never_ask = "localhost, corp", .node_name = "n"};

    checks_register(table, 1);
    sender_check_begin(&settings);
    fake_dns_reset();
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        char name[100];
        snprintf(name, sizeof name, "_dmarc.%s", records[i].name);
        fake_dns_add(DNS_TXT, name, records[i].text);
    }
    fake_dns_set(DNS_TXT, "_dmarc.silent.example", DNS_TIMEOUT);
    fake_dns_set(DNS_TXT, "_dmarc.limited.below.example", DNS_LIMITED);
    fake_dns_set(DNS_TXT, "_dmarc.failed.example", DNS_FAILED);
}

/* "fail reject strict.example, author": - is absent, nothing: not said. */
static void print_answer(struct str *out, const struct facts *facts)
{
    static const enum fact_id of[] = {FACT_DMARC, FACT_DMARC_POLICY, FACT_DMARC_DOMAIN,
                                      FACT_AUTHOR, FACT_AUTHOR_BY};

    for (size_t i = 0; i < COUNT_OF(of); i++) {
        const struct fact *fact = facts_get(facts, of[i]);
        if (i == 3)
            str_adds(out, "| ");
        if (fact->state == FACT_VALUE && fact_table[of[i]].type == TYPE_ENUM)
            str_printf(out, "%s ",
                       names_name(fact_table[of[i]].words, (int)fact->values[0].number));
        else if (fact->state == FACT_VALUE)
            str_printf(out, "%.*s ", SPAN_ARG(fact->values[0].text));
        else if (fact->state == FACT_ABSENT && of[i] != FACT_AUTHOR_BY)
            str_adds(out, "- ");
    }
    str_truncate(out, out->len - 1);
}

static void check_message(const char *name, const struct message *message, const char *wanted)
{
    struct check_request *request = request_of(message);
    struct str got = STR_EMPTY;
    struct facts *answer;
    struct err err;

    ck_assert_int_eq(dmarc_check.start(request, &err), 0);
    answer = answer_of(request);
    print_answer(&got, answer);
    ck_assert_msg(strcmp(str_cstr(&got), wanted) == 0, "%s: %s\n   not %s", name,
                  str_cstr(&got), wanted);
    ck_assert_ptr_null(mailbox_take(request->mailbox, &(int){0}));
    str_clear(&got);
    facts_free(&answer);
    check_request_unpin(&request);
}

#define SPF_NONE .spf = "none"

static const struct {
    const char *name;
    struct message message;
    const char *wanted;
} cases[] = {
#include "t/unit/checks/dmarc_cases.h"
};

START_TEST(test_cases)
{
    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_message(cases[i].name, &cases[i].message, cases[i].wanted);
}
END_TEST

/* All names at once, each once; what needs no record asks nothing. */
START_TEST(test_questions)
{
    const struct message several = {.from = {"a@x.below.example", "a@none.example"}, SPF_NONE};
    const struct message one = {.from = {"a@reject.example"}, SPF_NONE};
    const struct message nobody = {SPF_NONE}, never = {.from = {"a@intranet.corp"}, SPF_NONE};
    const struct message ours = {.from = {"ann@inside.example"},
                                 .login = "ann",
                                 .dkim_author = "inside.example",
                                 .is_ours = true};
    struct dns_question question;
    uint64_t several_asker;

    begin();
    check_message("several", &several, "fail reject x.below.example | -");
    ck_assert_uint_eq(fake_dns_batches(), 1);
    ck_assert_uint_eq(fake_dns_asked(), 3);
    ck_assert(fake_dns_last(DNS_TXT, "_dmarc.below.example", &question));
    several_asker = question.asker;
    ck_assert(several_asker != 0 && !question.is_ours);
    ck_assert_int_gt(question.deadline, clock_mono_ms());
    begin();
    check_message("one", &one, "fail reject reject.example | -");
    ck_assert(fake_dns_last(DNS_TXT, "_dmarc.reject.example", &question));
    ck_assert(question.asker == (several_asker | DNS_ASKER_APART)); /* not crowded out */
    ck_assert(question.asker != several_asker && !question.is_ours);
    begin();
    check_message("nobody", &nobody, "none - - | -");
    check_message("never", &never, "none - intranet.corp | -");
    check_message("ours", &ours, "| ann@inside.example login");
    ck_assert_uint_eq(fake_dns_asked(), 0);
}
END_TEST

/* The answer comes after the transaction went away. */
START_TEST(test_abort)
{
    const struct message message = {.from = {"a@x.below.example"}, SPF_NONE};
    struct check_request *request = request_of(&message);
    struct mailbox *mailbox = mailbox_pin(request->mailbox);
    struct facts *late;
    int check;

    begin();
    fake_dns_hold();
    dmarc_check.start(request, NULL);
    check_request_unpin(&request);
    ck_assert_ptr_null(mailbox_take(mailbox, &check));
    fake_dns_time_out();
    ck_assert(mailbox_wait(mailbox, clock_mono_ms() + 20000));
    late = mailbox_take(mailbox, &check);
    ck_assert_int_eq(facts_get(late, FACT_DMARC)->values[0].number, DMARC_TEMPERROR);
    facts_free(&late);
    mailbox_unpin(&mailbox);
}
END_TEST

START_TEST(test_without)
{
    struct facts *facts = facts_new();
    struct str got = STR_EMPTY;

    dmarc_check.without(facts, "deadline");
    print_answer(&got, facts);
    ck_assert_str_eq(str_cstr(&got), "temperror - - | -");
    ck_assert_int_eq(facts_get(facts, FACT_AUTHOR_DOMAIN)->state, FACT_ABSENT);
    str_clear(&got);
    facts_free(&facts);
}
END_TEST

/* pct=: so many of a hundred, by chance, and of one message always the same. */
START_TEST(test_percent)
{
    const struct dmarc_terms terms = {.found = DMARC_FOUND,
                                      .record = {.policy = DMARC_POLICY_REJECT,
                                                 .subdomain_policy = DMARC_POLICY_NONE,
                                                 .percent = 30}};
    struct facts *facts = facts_new();
    unsigned rejected = 0;

    for (unsigned draw = 0; draw < 100; draw++)
        rejected +=
            dmarc_judge(facts, SPAN("a.example"), &terms, draw).policy == DMARC_POLICY_REJECT;
    ck_assert_uint_eq(rejected, 30);
    facts_free(&facts);
}
END_TEST

START_TEST(test_draws)
{
    enum { MESSAGES = 1000 };
    unsigned rejected = 0;

    begin();
    fake_dns_add(DNS_TXT, "_dmarc.half.example", "v=DMARC1; p=reject; pct=50");
    for (unsigned i = 0; i < MESSAGES; i++) {
        const struct message message = {.from = {"a@half.example"}, SPF_NONE};
        struct check_request *request[2] = {request_of(&message), request_of(&message)};
        int64_t policy[2];
        char id[20];
        snprintf(id, sizeof id, "<%u@x>", i);
        for (int twice = 0; twice < 2; twice++) {
            struct facts *answer;
            facts_set_text(request[twice]->facts, FACT_MESSAGE_ID, span_of(id));
            dmarc_check.start(request[twice], NULL);
            answer = answer_of(request[twice]);
            policy[twice] = facts_get(answer, FACT_DMARC_POLICY)->values[0].number;
            facts_free(&answer);
            check_request_unpin(&request[twice]);
        }
        ck_assert_int_eq(policy[0], policy[1]);
        rejected += policy[0] == DMARC_POLICY_REJECT;
    }
    ck_assert_msg(rejected > 400 && rejected < 600, "%u of 1000", rejected);
}
END_TEST

/* The numbers that judging counts with are the words that rules compare. */
START_TEST(test_words)
{
    static const struct {
        const struct name_value *table;
        const char *word;
        int value;
    } words[] = {
        {dmarc_names, "none", DMARC_NONE},
        {dmarc_names, "pass", DMARC_PASS},
        {dmarc_names, "fail", DMARC_FAIL},
        {dmarc_names, "temperror", DMARC_TEMPERROR},
        {dmarc_names, "permerror", DMARC_PERMERROR},
        {dmarc_policy_names, "none", DMARC_POLICY_NONE},
        {dmarc_policy_names, "quarantine", DMARC_POLICY_QUARANTINE},
        {dmarc_policy_names, "reject", DMARC_POLICY_REJECT},
    };

    for (size_t i = 0; i < COUNT_OF(words); i++)
        ck_assert_str_eq(names_name(words[i].table, words[i].value), words[i].word);
}
END_TEST

SUITE_MAIN("checks/dmarc", test_cases, test_questions, test_abort, test_without, test_percent,
           test_draws, test_words)
