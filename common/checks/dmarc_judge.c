/* dmarc_judge.c - alignment, policy and sampling for one domain of From. */
#include "checks/dmarc_judge.h"
#include "checks/alignment.h"

static bool says(const struct facts *facts, enum fact_id id, const char *word)
{
    const struct fact *fact = facts_get(facts, id);
    int value = 0;

    return fact->state == FACT_VALUE &&
           names_value(fact_table[id].words, span_of(word), &value) &&
           fact->values[0].number == value;
}

/* Empty when there is none. */
static struct span text_of(const struct facts *facts, enum fact_id id)
{
    const struct fact *fact = facts_get(facts, id);

    return fact->state == FACT_VALUE ? fact->values[0].text : SPAN("");
}

static bool passes_by_dkim(const struct facts *facts, struct span from, bool is_strict)
{
    const struct fact *domains = facts_get(facts, FACT_DKIM_DOMAINS);

    for (uint32_t i = 0; domains->state == FACT_VALUE && i < domains->count; i++)
        if (alignment_holds(from, domains->values[i].text, is_strict))
            return true;
    return false;
}

static bool passes_by_spf(const struct facts *facts, struct span from, bool is_strict)
{
    return says(facts, FACT_SPF, "pass") &&
           alignment_holds(from, text_of(facts, FACT_SPF_DOMAIN), is_strict);
}

/* A chain of trusted sealers saw it pass before somebody in between changed it. */
static bool is_rescued(const struct facts *facts, struct span from)
{
    const struct fact *domains = facts_get(facts, FACT_ARC_DMARC);

    for (uint32_t i = 0; domains->state == FACT_VALUE && i < domains->count; i++)
        if (span_iequal(from, domains->values[i].text))
            return true;
    return false;
}

/* "temperror header.d=example.com header.s=...": the domain; empty for every other result. */
static struct span undecided_signer(struct span result)
{
    struct span domain = {"", 0};
    size_t at;

    if (!span_starts(result, SPAN("temperror ")) || !span_find(result, SPAN(" header.d="), &at))
        return domain;
    at += sizeof " header.d=" - 1;
    result = span_skip(result, at);
    span_cut(&result, ' ', &domain);
    return domain;
}

static bool dkim_might_pass(const struct facts *facts, struct span from, bool is_strict)
{
    const struct fact *results = facts_get(facts, FACT_DKIM_RESULTS);

    if (results->state != FACT_VALUE)
        return says(facts, FACT_DKIM,
                    "temperror"); /* whose signatures there are is not known */
    for (uint32_t i = 0; i < results->count; i++)
        if (alignment_holds(from, undecided_signer(results->values[i].text), is_strict))
            return true;
    return false;
}

static bool spf_might_pass(const struct facts *facts, struct span from, bool is_strict)
{
    struct span domain = text_of(facts, FACT_SPF_DOMAIN);

    if (!says(facts, FACT_SPF, "temperror"))
        return false;
    if (domain.len == 0)
        domain = text_of(facts, FACT_SENDER_DOMAIN);
    return domain.len == 0 || alignment_holds(from, domain, is_strict);
}

static enum dmarc_result result_by_record(const struct facts *facts, struct span from,
                                          const struct dmarc_record *record)
{
    if (passes_by_dkim(facts, from, record->is_dkim_strict) ||
        passes_by_spf(facts, from, record->is_spf_strict) || is_rescued(facts, from))
        return DMARC_PASS;
    if (dkim_might_pass(facts, from, record->is_dkim_strict) ||
        spf_might_pass(facts, from, record->is_spf_strict))
        return DMARC_TEMPERROR;
    return facts_get(facts, FACT_SPF)->state == FACT_VALUE ? DMARC_FAIL : DMARC_NONE;
}

static enum dmarc_result result_of(const struct facts *facts, struct span from,
                                   const struct dmarc_terms *terms)
{
    switch (terms->found) {
    case DMARC_FOUND:
        return result_by_record(facts, from, &terms->record);
    case DMARC_BROKEN:
        return DMARC_PERMERROR;
    case DMARC_UNAVAILABLE:
        return DMARC_TEMPERROR;
    case DMARC_NO_RECORD:
    case DMARC_SEVERAL:
        break;
    }
    return DMARC_NONE;
}

/* reject, quarantine, none: each the next milder. */
static enum dmarc_policy policy_of(const struct dmarc_terms *terms, unsigned draw)
{
    enum dmarc_policy policy =
        terms->is_inherited ? terms->record.subdomain_policy : terms->record.policy;

    if (terms->found == DMARC_UNAVAILABLE && terms->is_unasked)
        return DMARC_POLICY_REJECT;
    if (terms->found != DMARC_FOUND)
        return (enum dmarc_policy)0;
    if (draw >= terms->record.percent && policy > DMARC_POLICY_NONE)
        policy--;
    return policy;
}

struct dmarc_verdict dmarc_judge(const struct facts *facts, struct span from_domain,
                                 const struct dmarc_terms *terms, unsigned draw)
{
    return (struct dmarc_verdict){.result = result_of(facts, from_domain, terms),
                                  .policy = policy_of(terms, draw)};
}

bool dmarc_is_worse(const struct dmarc_verdict *a, const struct dmarc_verdict *b)
{
    static const int rank[] = {[DMARC_PASS] = 1,
                               [DMARC_NONE] = 2,
                               [DMARC_TEMPERROR] = 3,
                               [DMARC_PERMERROR] = 4,
                               [DMARC_FAIL] = 5};

    if (rank[a->result] != rank[b->result])
        return rank[a->result] > rank[b->result];
    return a->policy > b->policy;
}
