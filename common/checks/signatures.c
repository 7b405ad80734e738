/* signatures.c - the check that has DKIM signatures and the ARC chain of a message verified, and what an inner gateway said of it read. */
#include "base/clock.h"
#include "checks/sender_check.h"
#include "checks/signature_text.h"
#include "conf/trusted_ids.h"
#include "facts/fact_words.h"
#include "mail/domain_list.h"

/* dkim_names, arc_names */
#define DKIM_NONE      1
#define DKIM_PASS      2
#define DKIM_TEMPERROR 6
#define ARC_PASS       2
#define ARC_TEMPERROR  4

/* The best of several results. temperror stands before all that is no pass: with the key at hand it might have been one. */
static const int best_first[] = {
    DKIM_PASS, DKIM_TEMPERROR, 4 /* policy */, 3 /* fail */, 5 /* neutral */, 7 /* permerror */,
};

static void set_texts(struct facts *facts, enum fact_id id, const struct value *values,
                      size_t count)
{
    if (count > 0)
        facts_set_many(facts, id, values, count);
    else
        facts_set_absent(facts, id);
}

static size_t add_once(struct value *values, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(values[i].text, text))
            return count;
    if (text.len == 0)
        return count;
    values[count].text = text;
    return count + 1;
}

static int best_of(const struct sender_result *result)
{
    for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++)
        for (size_t k = 0; k < result->signature_count; k++)
            if (result->signatures[k].result == best_first[i])
                return best_first[i];
    return DKIM_NONE;
}

/* With several From, or none, no signature proves who wrote it. */
static void learn_domains(const struct sender_result *result, struct facts *to)
{
    struct value domains[SENDER_SIGNATURES_MAX], authors[SENDER_SIGNATURES_MAX];
    size_t domain_count = 0, author_count = 0;

    memset(domains, 0, sizeof domains);
    memset(authors, 0, sizeof authors);
    for (size_t i = 0; i < result->signature_count; i++) {
        const struct sender_signature *signature = &result->signatures[i];
        if (signature->result != DKIM_PASS)
            continue;
        domain_count = add_once(domains, domain_count, signature->domain);
        if (signature->is_whole && result->from_count == 1)
            author_count = add_once(authors, author_count, signature->domain);
    }
    set_texts(to, FACT_DKIM_DOMAINS, domains, domain_count);
    set_texts(to, FACT_DKIM_AUTHORS, authors, author_count);
}

static void learn_results(const struct sender_result *result, struct facts *to)
{
    struct value values[SENDER_SIGNATURES_MAX];
    struct str texts[SENDER_SIGNATURES_MAX];
    size_t count = result->signature_count;

    memset(values, 0, sizeof values);
    for (size_t i = 0; i < count; i++) {
        texts[i] = (struct str)STR_EMPTY;
        signature_text(&texts[i], &result->signatures[i]);
        values[i].text = str_span(&texts[i]);
    }
    set_texts(to, FACT_DKIM_RESULTS, values, count);
    for (size_t i = 0; i < count; i++)
        str_clear(&texts[i]);
}

static bool is_trusted(struct span sealer)
{
    return domain_list_holds(sender_check_settings()->arc_trusted_sealers, sealer);
}

/* From the last seal back, as far as each is of somebody trusted: none of them would have sealed what another said wrongly. */
static void learn_rescue(const struct sender_result *result, struct facts *to)
{
    struct value domains[SENDER_SEALS_MAX];
    size_t count = 0;

    memset(domains, 0, sizeof domains);
    for (size_t i = result->seal_count; i-- > 0;) {
        if (result->arc != ARC_PASS || !is_trusted(result->seals[i].domain))
            break;
        count = add_once(domains, count, result->seals[i].dmarc_domain);
    }
    set_texts(to, FACT_ARC_DMARC, domains, count);
}

static void learn_arc(const struct sender_result *result, struct facts *to)
{
    struct value sealers[SENDER_SEALS_MAX];
    size_t count = 0;

    memset(sealers, 0, sizeof sealers);
    for (size_t i = 0; result->arc == ARC_PASS && i < result->seal_count; i++)
        count = add_once(sealers, count, result->seals[i].domain);
    facts_set_number(to, FACT_ARC, result->arc != 0 ? result->arc : ARC_TEMPERROR);
    set_texts(to, FACT_ARC_SEALERS, sealers, count);
    learn_rescue(result, to);
}

static void take_word(struct facts *to, enum fact_id id, int word)
{
    if (word != 0)
        facts_set_number(to, id, word);
}

static void take_domain(struct facts *to, enum fact_id id, struct span domain)
{
    if (domain.len > 0)
        facts_set_text(to, id, domain);
}

/* What the gateway says stands instead of what we see; who wrote a message is proved by what we see alone. */
static void learn_taken(const struct sender_taken *taken, struct facts *to)
{
    struct value domains[SENDER_SIGNATURES_MAX];
    size_t count = 0;

    memset(domains, 0, sizeof domains);
    facts_set_text(to, FACT_AUTHRES_ID, taken->id);
    take_word(to, FACT_SPF, taken->spf);
    take_domain(to, FACT_SPF_DOMAIN, taken->spf_domain);
    take_word(to, FACT_DMARC, taken->dmarc);
    take_domain(to, FACT_DMARC_DOMAIN, taken->dmarc_domain);
    take_word(to, FACT_ARC, taken->arc);
    if (taken->dkim == 0)
        return;
    for (size_t i = 0; i < taken->dkim_count; i++)
        count = add_once(domains, count, taken->dkim_domains[i]);
    facts_set_number(to, FACT_DKIM, taken->dkim);
    set_texts(to, FACT_DKIM_DOMAINS, domains, count);
    facts_set_absent(to, FACT_DKIM_RESULTS);
}

static void learn(const struct check_request *request, const struct sender_result *result,
                  struct facts *to)
{
    (void)request;
    facts_set_number(to, FACT_DKIM, best_of(result));
    learn_domains(result, to);
    learn_results(result, to);
    learn_arc(result, to);
    if (result->taken.is_there && result->taken.id.len > 0)
        learn_taken(&result->taken, to);
    else
        facts_set_absent(to, FACT_AUTHRES_ID);
}

static void without(struct facts *facts, const char *reason)
{
    static const enum fact_id absent[] = {FACT_DKIM_DOMAINS, FACT_DKIM_RESULTS,
                                          FACT_DKIM_AUTHORS, FACT_ARC_SEALERS,
                                          FACT_ARC_DMARC,    FACT_AUTHRES_ID};

    (void)reason;
    facts_set_number(facts, FACT_DKIM, DKIM_TEMPERROR);
    facts_set_number(facts, FACT_ARC, ARC_TEMPERROR);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        facts_set_absent(facts, absent[i]);
}

static int start(struct check_request *request, struct err *err)
{
    const struct fact *client = facts_get(request->facts, FACT_CLIENT_IP);
    struct sender_request question = {.job = SENDER_SIGNATURES, .now = clock_now_ms() / 1000};
    struct str ids = STR_EMPTY;

    if (request->message_fd < 0)
        return err_set(err, "no message");
    /* of mail of our own DMARC says nothing, and no gateway speaks for it */
    if (client->state == FACT_VALUE &&
        facts_get(request->facts, FACT_DMARC)->state != FACT_ABSENT)
        (void)trusted_ids_of(sender_check_settings()->trusted_authserv_ids,
                             &client->values[0].ip, &ids);
    question.trusted_id = str_span(&ids);
    sender_check_ask(request, &question, NULL, 0, learn);
    str_clear(&ids);
    return 0;
}

static const enum fact_id learns[] = {FACT_DKIM,         FACT_DKIM_DOMAINS, FACT_DKIM_RESULTS,
                                      FACT_DKIM_AUTHORS, FACT_ARC,          FACT_ARC_SEALERS,
                                      FACT_ARC_DMARC,    FACT_AUTHRES_ID,   FACT__COUNT};

const struct check signatures_check = {
    .name = "signatures",
    .stage = STAGE_EOM,
    .facts = learns,
    .reads_facts = true,
    .start = start,
    .without = without,
    .reads_message = true,
    .asks_dns = true,
};
