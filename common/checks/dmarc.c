/* dmarc.c - the check that asks for policies, and judges when they are in. */
#include <pthread.h>
#include "base/hash.h"
#include "base/xalloc.h"
#include "checks/author.h"
#include "checks/dmarc.h"
#include "checks/dmarc_ask.h"
#include "checks/sender_check.h"
#include "dns/dns.h"
#include "facts/derive.h"
#include "mail/domain.h"

static const enum fact_id learns[] = {FACT_DMARC,  FACT_DMARC_POLICY,  FACT_DMARC_DOMAIN,
                                      FACT_AUTHOR, FACT_AUTHOR_DOMAIN, FACT_AUTHOR_BY,
                                      FACT__COUNT};
/* message.id and dkim.authors come with those of these checks. */
static const enum fact_id needs[] = {FACT_SPF, FACT_DKIM, FACT_FROM, FACT_MIME_AMBIGUOUS,
                                     FACT__COUNT};

/* What is known already stands: absent for mail of our own, or an inner gateway's word. */
static bool is_open(const struct check_request *request, enum fact_id id)
{
    return facts_get(request->facts, id)->state == FACT_PENDING;
}

/* By chance, but the same for the same message: who is turned away does not get through by trying again. */
static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void seed_make(void)
{
    hash_random(seed, sizeof seed);
}

static unsigned draw_of(const struct facts *facts)
{
    static const enum fact_id of[] = {FACT_CLIENT_IP, FACT_SENDER, FACT_FROM, FACT_MESSAGE_ID};
    struct str text = STR_EMPTY;
    unsigned draw;

    pthread_once(&seed_once, seed_make);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        fact_print(&text, of[i], facts_get(facts, of[i]));
        str_addc(&text, '\n');
    }
    draw = (unsigned)(hash_table64(seed, str_span(&text)) % 100);
    str_clear(&text);
    return draw;
}

static void set_dmarc(const struct check_request *request, struct facts *to,
                      const struct dmarc_verdict *verdict, struct span domain)
{
    if (is_open(request, FACT_DMARC))
        facts_set_number(to, FACT_DMARC, verdict->result);
    if (is_open(request, FACT_DMARC_DOMAIN) && domain.len > 0)
        facts_set_text(to, FACT_DMARC_DOMAIN, domain);
    else if (is_open(request, FACT_DMARC_DOMAIN))
        facts_set_absent(to, FACT_DMARC_DOMAIN);
    if (is_open(request, FACT_DMARC_POLICY) && verdict->policy != 0)
        facts_set_number(to, FACT_DMARC_POLICY, verdict->policy);
    else if (is_open(request, FACT_DMARC_POLICY))
        facts_set_absent(to, FACT_DMARC_POLICY);
}

/* Of several domains the worst one speaks. */
static void learn_dmarc(const struct check_request *request, const struct dmarc_terms *terms,
                        struct facts *to)
{
    const struct fact *domains = facts_get(request->facts, FACT_FROM_DOMAIN);
    unsigned draw = draw_of(request->facts);
    struct dmarc_verdict worst = {.policy = (enum dmarc_policy)0};
    struct span domain = {"", 0};

    for (uint32_t i = 0; i < domains->count; i++) {
        struct dmarc_verdict verdict =
            dmarc_judge(request->facts, domains->values[i].text, &terms[i], draw);
        if (i > 0 && !dmarc_is_worse(&verdict, &worst))
            continue;
        worst = verdict;
        domain = domains->values[i].text;
    }
    set_dmarc(request, to, &worst, domain);
}

/* Of logins without @; empty when there is none. */
static struct span login_domain(char domain_r[DOMAIN_SIZE])
{
    domain_normalize(span_of(sender_check_settings()->login_domain), domain_r);
    return span_of(domain_r);
}

/* terms: of the one domain of From. Where nobody could say that relaxed will do, strict is asked for. */
static void learn_author(const struct check_request *request, const struct dmarc_terms *terms,
                         struct facts *to)
{
    bool is_doubtful = terms->found != DMARC_FOUND && terms->found != DMARC_NO_RECORD;
    char domain[DOMAIN_SIZE];
    struct author_terms by = {.login_domain = login_domain(domain),
                              .is_dkim_strict = is_doubtful,
                              .is_spf_strict = is_doubtful};

    if (terms->found == DMARC_FOUND) {
        by.is_dkim_strict = terms->record.is_dkim_strict;
        by.is_spf_strict = terms->record.is_spf_strict;
    }
    author_learn(request->facts, &by, to);
}

static void on_terms(void *ctx, const struct dmarc_terms *terms)
{
    struct check_request *request = ctx;
    struct facts *facts = facts_new();

    learn_dmarc(request, terms, facts);
    learn_author(request, &terms[0], facts);
    sender_check_post(request, facts);
    check_request_unpin(&request);
}

static void ask(struct check_request *request, const struct fact *domains)
{
    const struct fact *client = facts_get(request->facts, FACT_CLIENT_IP);
    struct span names[DMARC_DOMAINS_MAX];
    struct dmarc_inquiry inquiry = {.domains = names,
                                    .count = domains->count,
                                    .deadline = request->deadline,
                                    .done = on_terms};

    for (uint32_t i = 0; i < domains->count; i++)
        names[i] = domains->values[i].text;
    if (client->state == FACT_VALUE)
        inquiry.asker = dns_asker(&client->values[0].ip);
    inquiry.ctx = check_request_pin(request);
    dmarc_ask(&inquiry, sender_check_settings()->dns_never_ask);
}

/* Nothing has to be asked, or there is nobody to ask for. */
static void post_at_once(struct check_request *request, struct dmarc_verdict verdict)
{
    const struct fact *domains = facts_get(request->facts, FACT_FROM_DOMAIN);
    const struct dmarc_terms nobody_asked = {.found = DMARC_UNAVAILABLE};
    struct facts *facts = facts_new();

    set_dmarc(request, facts, &verdict,
              domains->state == FACT_VALUE && domains->count > 0 ? domains->values[0].text
                                                                 : SPAN(""));
    learn_author(request, &nobody_asked, facts);
    sender_check_post(request, facts);
}

/* Of mail of our own only the author is to be found: one that a login proves, or no signature does, takes no record. */
static bool needs_no_record(const struct check_request *request)
{
    char domain[DOMAIN_SIZE];

    return facts_get(request->facts, FACT_DMARC)->state == FACT_ABSENT &&
           (facts_get(request->facts, FACT_DKIM_AUTHORS)->state != FACT_VALUE ||
            author_is_login(request->facts, login_domain(domain)));
}

/* Nobody writes for more than DMARC_DOMAINS_MAX domains. Were their policies left out, a forger would write so many. */
static int start(struct check_request *request, struct err *err)
{
    static const struct dmarc_verdict none = {.result = DMARC_NONE},
                                      unknown = {.result = DMARC_TEMPERROR},
                                      too_many = {DMARC_FAIL, DMARC_POLICY_REJECT};
    const struct fact *domains;

    (void)err;
    facts_derive(request->facts);
    domains = facts_get(request->facts, FACT_FROM_DOMAIN);
    if (domains->state == FACT_UNKNOWN || domains->state == FACT_PENDING)
        post_at_once(request, unknown);
    else if (domains->state == FACT_ABSENT || domains->count == 0)
        post_at_once(request, none);
    else if (domains->count > DMARC_DOMAINS_MAX)
        post_at_once(request, too_many);
    else if (needs_no_record(request))
        post_at_once(request, none);
    else
        ask(request, domains);
    return 0;
}

static void without(struct facts *facts, const char *reason)
{
    (void)reason;
    facts_set_number(facts, FACT_DMARC, DMARC_TEMPERROR);
    facts_set_absent(facts, FACT_DMARC_POLICY);
    facts_set_absent(facts, FACT_DMARC_DOMAIN);
    author_learn_absent(facts);
}

const struct check dmarc_check = {
    .name = "dmarc",
    .stage = STAGE_EOM,
    .facts = learns,
    .reads_facts = true,
    .start = start,
    .needs = needs,
    .without = without,
    .asks_dns = true,
};
