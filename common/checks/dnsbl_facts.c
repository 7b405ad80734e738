/* dnsbl_facts.c - from what each list said to the facts. */
#include "base/str.h"
#include "checks/dnsbl_work.h"

const enum fact_id dnsbl_kind_facts[DNSBL_KIND__COUNT] = {FACT_DNSBL, FACT_DNSBL_ALLOW,
                                                          FACT_DNSBL_SENDER};

/* Of the lists of one kind. */
struct tally {
    size_t listed_count, silent_count;
    int64_t weight; /* of those that list */
    struct value listed[DNSBL_ZONES_MAX];
    struct span silent; /* the first */
};

static void add(struct tally *tally, const struct dnsbl_asked *asked)
{
    const struct dnsbl_zone *zone = &asked->list->zone;

    if (asked->said == DNSBL_NOT_LISTED)
        return;
    if (asked->said == DNSBL_LISTED) {
        tally->listed[tally->listed_count++] = (struct value){.text = zone->name};
        tally->weight += zone->weight;
    } else if (tally->silent_count++ == 0) {
        tally->silent = zone->name;
    }
}

static void set_silent(struct facts *facts, enum fact_id id, const struct tally *tally)
{
    struct str reason = STR_EMPTY;

    str_printf(&reason, "%.*s did not answer", SPAN_ARG(tally->silent));
    if (tally->silent_count > 1)
        str_printf(&reason, ", nor did %zu more", tally->silent_count - 1);
    facts_set_unknown(facts, id, str_span(&reason));
    str_clear(&reason);
}

static void set_kind(struct facts *facts, enum dnsbl_kind kind, const struct tally *tally)
{
    enum fact_id id = dnsbl_kind_facts[kind];

    if (tally->listed_count > 0)
        facts_set_many(facts, id, tally->listed, tally->listed_count);
    else if (tally->silent_count > 0)
        set_silent(facts, id, tally);
    else
        facts_set_absent(facts, id);
}

/* What block lists say so far stands, though there could be more. What an allow list that is silent would have taken off is missed only
 * where there is something to take it from. */
static void set_score(struct facts *facts, const struct tally tallies[DNSBL_KIND__COUNT])
{
    const struct tally *client = &tallies[DNSBL_CLIENT], *sender = &tallies[DNSBL_SENDER],
                       *allow = &tallies[DNSBL_ALLOW];
    int64_t block = client->weight + sender->weight;

    if (block > 0 && allow->silent_count > 0)
        set_silent(facts, FACT_DNSBL_SCORE, allow);
    else if (block == 0 && client->silent_count > 0)
        set_silent(facts, FACT_DNSBL_SCORE, client);
    else if (block == 0 && sender->silent_count > 0)
        set_silent(facts, FACT_DNSBL_SCORE, sender);
    else
        facts_set_number(facts, FACT_DNSBL_SCORE, block - allow->weight);
}

struct facts *dnsbl_facts(const struct dnsbl_work *work)
{
    struct tally tallies[DNSBL_KIND__COUNT] = {{.weight = 0}};
    struct facts *facts = facts_new();
    bool is_all = true;

    for (size_t i = 0; i < work->count; i++)
        add(&tallies[work->asked[i].list->kind], &work->asked[i]);
    for (size_t k = 0; k < DNSBL_KIND__COUNT; k++) {
        is_all &= work->is_wanted[k];
        if (work->is_wanted[k])
            set_kind(facts, (enum dnsbl_kind)k, &tallies[k]);
    }
    if (is_all)
        set_score(facts, tallies);
    return facts;
}
