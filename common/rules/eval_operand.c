/* eval_operand.c - fetches a fact for the evaluation: from message, recipient, element or the walk itself. */
#include "rules/eval_inside.h"

struct fact_ref eval_ref(const struct term *term)
{
    return (struct fact_ref){
        .fact = term->fact, .key = term->key, .record = fact_table[term->fact].record};
}

static void settle(const struct eval *e, const struct term *term, const struct fact *fact,
                   struct operand *out)
{
    out->fact = *fact;
    if (fact->state == FACT_PENDING)
        out->why = answer_missing(e, eval_ref(term), fact_table[term->fact].stage);
    else if (fact->state == FACT_UNKNOWN)
        out->why = answer_unknown(eval_ref(term));
}

static void set_unknown(const struct term *term, struct span reason, struct operand *out)
{
    out->fact = (struct fact){.state = FACT_UNKNOWN, .reason = reason};
    out->why = answer_unknown(eval_ref(term));
}

static void set_value(struct operand *out, struct value value)
{
    out->own = value;
    out->fact = (struct fact){.state = FACT_VALUE, .count = 1, .values = &out->own};
}

/* The extra element of an incomplete list: why it is incomplete is known, the rest of it is not. */
static void get_extra(const struct eval *e, const struct term *term, struct operand *out)
{
    enum record record = fact_table[term->fact].record;
    struct span reason = facts_records(e->view->message, record)->reason;

    if (term->fact == FACT_ATTACHMENT_UNINSPECTED)
        set_value(out, (struct value){.text = reason});
    else
        set_unknown(term, reason, out);
}

static void get_element(const struct eval *e, const struct term *term, struct operand *out)
{
    enum record record = fact_table[term->fact].record;

    if (e->element == ELEMENT_EXTRA)
        get_extra(e, term, out);
    else if (e->element >= 0)
        settle(e, term,
               facts_record_get(e->view->message, record, (size_t)e->element, term->fact), out);
    if (out->fact.state == FACT_PENDING)
        set_unknown(term, SPAN("not learnt"), out);
}

bool eval_has_tag(const struct span *tags, size_t count, struct span name)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(tags[i], name))
            return true;
    return false;
}

static void get_tag(const struct eval *e, const struct term *term, struct operand *out)
{
    bool is_set = eval_has_tag(e->tags, e->tag_count, term->key);

    if (!is_set && eval_has_tag(e->maybe_tags, e->maybe_tag_count, term->key))
        set_unknown(term, SPAN("the rule that gives it lacked a fact"), out);
    else
        set_value(out, (struct value){.number = is_set});
}

static void get_score(const struct eval *e, const struct term *term, struct operand *out)
{
    if (e->score_low == e->score_high)
        set_value(out, (struct value){.number = e->score_low});
    else
        set_unknown(term, SPAN("a rule that scores lacked a fact"), out);
}

static void get_direction(const struct eval *e, const struct term *term, struct operand *out)
{
    struct direction_state direction;

    (void)term;
    direction_of(e, &direction);
    if (direction.possible == 0) {
        out->fact.state = FACT_ABSENT;
    } else if ((direction.possible & (direction.possible - 1)) == 0) {
        set_value(out, (struct value){.number = __builtin_ctz(direction.possible)});
    } else {
        out->why = direction.why;
        out->fact.state = direction.why.truth == MISSING ? FACT_PENDING : FACT_UNKNOWN;
        out->fact.reason = SPAN("client or login unknown");
    }
}

/* A counter is kept under its key: without a value in all of it there is none to read. An absent part decides, else the first lacking one. */
static bool lacks_key(const struct eval *e, const struct term *term, struct operand *out)
{
    bool lacks = false;

    for (size_t i = 0; i < 2; i++) {
        struct term key = {.kind = TERM_FACT};
        struct operand part;

        if (term->key_fact[i] == FACT_NONE)
            continue;
        key.fact = (enum fact_id)term->key_fact[i];
        eval_operand(e, &key, &part);
        if (part.fact.state == FACT_ABSENT || (part.fact.state != FACT_VALUE && !lacks))
            *out = part;
        lacks = lacks || part.fact.state != FACT_VALUE;
    }
    return lacks;
}

/* A counter by recipient may stand with the recipient. */
static void get_keyed(const struct eval *e, const struct term *term, struct operand *out)
{
    const struct fact *fact = facts_keyed(e->view->message, term->fact, term->key);

    if (fact->state == FACT_PENDING && e->view->recipient != NULL)
        fact = facts_keyed(e->view->recipient, term->fact, term->key);
    settle(e, term, fact, out);
}

static void get_counter(const struct eval *e, const struct term *term, struct operand *out)
{
    if (!lacks_key(e, term, out))
        get_keyed(e, term, out);
}

/* Results of looking at a stranger are absent for our own people's mail, outbound and internal. */
static void get_of_inbound(const struct eval *e, const struct term *term, struct operand *out)
{
    const struct fact *fact = facts_view_get(e->view, term->fact);
    struct answer outbound = {.truth = NO};

    if (fact->state != FACT_ABSENT)
        outbound = direction_is_outbound(e);
    settle(e, term, fact, out);
    if (outbound.truth == YES) {
        out->fact = (struct fact){.state = FACT_ABSENT};
    } else if (outbound.truth == MISSING) {
        out->fact = (struct fact){.state = FACT_PENDING};
        out->why = outbound;
    }
}

static void get_plain(const struct eval *e, const struct term *term, struct operand *out)
{
    bool is_recipients = (fact_table[term->fact].flags & FACT_PER_RECIPIENT) != 0;

    if (is_recipients && e->view->recipient == NULL)
        set_unknown(term, SPAN("no recipient"), out);
    else
        settle(e, term, facts_view_get(e->view, term->fact), out);
}

/* Facts that are not simply looked up. */
static const struct {
    enum fact_id fact;
    void (*get)(const struct eval *e, const struct term *term, struct operand *out);
} specials[] = {
    {FACT_TAG, get_tag},
    {FACT_SCORE, get_score},
    {FACT_DIRECTION, get_direction},
    {FACT_HEADER, get_keyed},
    {FACT_COUNT_OF, get_counter},
    {FACT_SUM_OF, get_counter},
    {FACT_DISTINCT, get_counter},
    {FACT_SPF, get_of_inbound},
    {FACT_SPF_DOMAIN, get_of_inbound},
    {FACT_SPF_HELO, get_of_inbound},
    {FACT_SPF_EXPLANATION, get_of_inbound},
    {FACT_SPF_REASON, get_of_inbound},
    {FACT_DMARC, get_of_inbound},
    {FACT_DMARC_POLICY, get_of_inbound},
    {FACT_DMARC_DOMAIN, get_of_inbound},
    {FACT_DNSBL, get_of_inbound},
    {FACT_DNSBL_ALLOW, get_of_inbound},
    {FACT_DNSBL_SENDER, get_of_inbound},
    {FACT_DNSBL_SCORE, get_of_inbound},
    {FACT_DNSBL_URL, get_of_inbound},
    {FACT_DNSBL_URL_DOMAINS, get_of_inbound},
    {FACT_DNSBL_URL_SCORE, get_of_inbound},
    {FACT_CLIENT_COUNTRY, get_of_inbound},
};

void eval_operand(const struct eval *e, const struct term *term, struct operand *out)
{
    *out = (struct operand){.fact = {.state = FACT_PENDING}};
    if (fact_table[term->fact].record != RECORD_NONE) {
        get_element(e, term, out);
        return;
    }
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        if (specials[i].fact == term->fact) {
            specials[i].get(e, term, out);
            return;
        }
    }
    get_plain(e, term, out);
}
