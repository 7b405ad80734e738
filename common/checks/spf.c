/* spf.c - the checks that ask SPF (RFC 7208) for the sender's domain, and for the name of HELO. */
#include "base/clock.h"
#include "checks/sender_check.h"
#include "facts/fact_words.h"
#include "mail/address.h"

#define NONE      1 /* spf_names */
#define TEMPERROR 6
#define PLAIN_MAX (ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX)

/* Nobody can be asked whether it may send. */
static bool is_loopback(const struct ip *ip)
{
    static const uint8_t six[16] = {[15] = 1};

    return ip_is_v4(ip) ? ip->byte[12] == 127 : memcmp(ip->byte, six, sizeof six) == 0;
}

/* RFC 7208 section 2.3 and 4.3: a name of DNS with two labels or more; what is an address, in brackets or not, is none. */
static bool is_usable(struct span name, char domain_r[DOMAIN_SIZE])
{
    struct ip ip;

    return !ip_parse(name, &ip) && domain_normalize(name, domain_r) &&
           strchr(domain_r, '.') != NULL;
}

static struct span text_of(const struct facts *facts, enum fact_id id)
{
    const struct fact *fact = facts_get(facts, id);

    return fact->state == FACT_VALUE ? fact->values[0].text : SPAN("");
}

static void set_text(struct facts *facts, enum fact_id id, struct span text)
{
    if (text.len > 0)
        facts_set_text(facts, id, text);
    else
        facts_set_absent(facts, id);
}

static void set_spf(struct facts *facts, int word)
{
    facts_set_number(facts, FACT_SPF, word);
    facts_set_absent(facts, FACT_SPF_DOMAIN);
    facts_set_absent(facts, FACT_SPF_EXPLANATION);
    facts_set_absent(facts, FACT_SPF_REASON);
}

static void spf_learn(const struct check_request *request, const struct sender_result *result,
                      struct facts *to)
{
    (void)request;
    set_spf(to, result->spf != 0 ? result->spf : TEMPERROR);
    set_text(to, FACT_SPF_DOMAIN, result->spf_domain);
    set_text(to, FACT_SPF_EXPLANATION, result->spf_explanation);
    set_text(to, FACT_SPF_REASON, result->spf_reason);
}

static void spf_without(struct facts *facts, const char *reason)
{
    set_spf(facts, TEMPERROR);
    set_text(facts, FACT_SPF_REASON, span_of(reason));
}

static void helo_learn(const struct check_request *request, const struct sender_result *result,
                       struct facts *to)
{
    (void)request;
    facts_set_number(to, FACT_SPF_HELO, result->spf != 0 ? result->spf : TEMPERROR);
}

static void helo_without(struct facts *facts, const char *reason)
{
    (void)reason;
    facts_set_number(facts, FACT_SPF_HELO, TEMPERROR);
}

/* sender empty: HELO is the identity. False: there is nobody to ask, the result is none. */
static bool ask(struct check_request *request, struct span sender, sender_learn *learn)
{
    const struct facts *facts = request->facts;
    const struct fact *client = facts_get(facts, FACT_CLIENT_IP);
    struct span helo = text_of(facts, FACT_HELO_NAME);
    const char *at = sender.len > 0 ? memrchr(sender.ptr, '@', sender.len) : NULL;
    struct span domain =
        at != NULL ? span_from(at + 1, (size_t)(sender.ptr + sender.len - at - 1)) : helo;
    struct sender_request question = {.job = SENDER_SPF,
                                      .now = clock_now_ms() / 1000,
                                      .helo = helo,
                                      .sender = sender,
                                      .receiver = span_of(sender_check_settings()->node_name)};
    char name[DOMAIN_SIZE];
    struct sender_lack ahead = {.type = DNS_TXT};

    if ((sender.len > 0 && at == NULL) || !is_usable(domain, name) ||
        client->state != FACT_VALUE || is_loopback(&client->values[0].ip))
        return false;
    question.client = client->values[0].ip;
    ahead.name = span_of(name);
    sender_check_ask(request, &question, &ahead, dns_name_is_valid(ahead.name), learn);
    return true;
}

/* Explanations print the local part as the client wrote it, without the quoting that SMTP wants; the fact is folded. What is not the fact once
 * it is folded, the fact stands for. */
static struct span sender_of(const struct check_request *request, char plain[PLAIN_MAX])
{
    struct span folded = text_of(request->facts, FACT_SENDER);
    size_t len = 0;

    for (size_t i = 0; i < request->sender.len && len < PLAIN_MAX; i++)
        if (request->sender.ptr[i] != '"' && request->sender.ptr[i] != '\\')
            plain[len++] = request->sender.ptr[i];
    return span_iequal(span_from(plain, len), folded) ? span_from(plain, len) : folded;
}

static int spf_start(struct check_request *request, struct err *err)
{
    const struct fact *sender = facts_get(request->facts, FACT_SENDER);
    char plain[PLAIN_MAX];
    struct facts *facts;

    (void)err;
    if ((sender->state == FACT_VALUE || sender->state == FACT_ABSENT) &&
        ask(request, sender_of(request, plain), spf_learn))
        return 0;
    facts = facts_new();
    set_spf(facts, NONE);
    sender_check_post(request, facts);
    return 0;
}

static int helo_start(struct check_request *request, struct err *err)
{
    struct facts *facts;

    (void)err;
    if (ask(request, SPAN(""), helo_learn))
        return 0;
    facts = facts_new();
    facts_set_number(facts, FACT_SPF_HELO, NONE);
    sender_check_post(request, facts);
    return 0;
}

static const enum fact_id spf_facts[] = {FACT_SPF, FACT_SPF_DOMAIN, FACT_SPF_EXPLANATION,
                                         FACT_SPF_REASON, FACT__COUNT};
static const enum fact_id helo_facts[] = {FACT_SPF_HELO, FACT__COUNT};

const struct check spf_check = {
    .name = "spf",
    .stage = STAGE_MAIL,
    .facts = spf_facts,
    .reads_facts = true,
    .start = spf_start,
    .without = spf_without,
    .asks_dns = true,
};

const struct check helo_check = {
    .name = "helo",
    .stage = STAGE_MAIL,
    .facts = helo_facts,
    .reads_facts = true,
    .start = helo_start,
    .without = helo_without,
    .asks_dns = true,
};
