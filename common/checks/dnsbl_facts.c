/* dnsbl_facts.c - from what each list said to the facts. */
#include "base/str.h"
#include "checks/dnsbl_work.h"

static bool is_counted(const struct dnsbl_tally *tally, const struct dnsbl_list *list)
{
    for (size_t i = 0; i < tally->listed_count; i++)
        if (span_equal(tally->listed[i].text, list->zone.name))
            return true;
    return false;
}

static void add(struct dnsbl_tally *tally, const struct dnsbl_asked *asked, bool is_same_list)
{
    const struct dnsbl_zone *zone = &asked->list->zone;

    if (asked->said == DNSBL_NOT_LISTED || is_counted(tally, asked->list) ||
        dnsbl_lists_all(asked->list))
        return;
    if (asked->said == DNSBL_LISTED) {
        tally->listed[tally->listed_count++] = (struct value){.text = zone->name};
        tally->weight += zone->weight;
    } else if (!is_same_list || tally->silent_count == 0) {
        if (tally->silent_count++ == 0)
            tally->silent = zone->name;
    }
}

/* What one list was asked stands together. */
void dnsbl_tally(const struct dnsbl_work *work, enum dnsbl_kind kind,
                 struct dnsbl_tally *tally_r)
{
    const struct dnsbl_list *silent = NULL;

    *tally_r = (struct dnsbl_tally){.weight = 0};
    for (size_t i = 0; i < work->count; i++) {
        const struct dnsbl_asked *asked = &work->asked[i];
        if (asked->list->kind != kind)
            continue;
        add(tally_r, asked, asked->list == silent);
        if (asked->said != DNSBL_LISTED && asked->said != DNSBL_NOT_LISTED)
            silent = asked->list;
    }
}

void dnsbl_set_silent(struct facts *facts, enum fact_id id, const struct dnsbl_tally *tally)
{
    struct str reason = STR_EMPTY;

    str_printf(&reason, "%.*s did not answer", SPAN_ARG(tally->silent));
    if (tally->silent_count > 1)
        str_printf(&reason, ", nor did %zu more", tally->silent_count - 1);
    facts_set_unknown(facts, id, str_span(&reason));
    str_clear(&reason);
}

void dnsbl_set_listed(struct facts *facts, enum fact_id id, const struct dnsbl_tally *tally)
{
    if (tally->listed_count > 0)
        facts_set_many(facts, id, tally->listed, tally->listed_count);
    else if (tally->silent_count > 0)
        dnsbl_set_silent(facts, id, tally);
    else
        facts_set_absent(facts, id);
}

/* What block lists say so far stands, though there could be more. What an allow list that is silent would have taken off is missed only
 * where there is something to take it from. */
static void set_score(struct facts *facts, const struct dnsbl_tally tallies[DNSBL_URL])
{
    const struct dnsbl_tally *client = &tallies[DNSBL_CLIENT], *sender = &tallies[DNSBL_SENDER],
                             *allow = &tallies[DNSBL_ALLOW];
    int64_t block = client->weight + sender->weight;

    if (block > 0 && allow->silent_count > 0)
        dnsbl_set_silent(facts, FACT_DNSBL_SCORE, allow);
    else if (block == 0 && client->silent_count > 0)
        dnsbl_set_silent(facts, FACT_DNSBL_SCORE, client);
    else if (block == 0 && sender->silent_count > 0)
        dnsbl_set_silent(facts, FACT_DNSBL_SCORE, sender);
    else
        facts_set_number(facts, FACT_DNSBL_SCORE, block - allow->weight);
}

struct facts *dnsbl_facts(const struct dnsbl_work *work)
{
    struct dnsbl_tally tallies[DNSBL_URL];
    struct facts *facts = facts_new();
    bool is_all = true;

    for (size_t k = 0; k < DNSBL_URL; k++) {
        dnsbl_tally(work, (enum dnsbl_kind)k, &tallies[k]);
        is_all &= work->is_wanted[k];
        if (work->is_wanted[k])
            dnsbl_set_listed(facts, dnsbl_kinds[k].fact, &tallies[k]);
    }
    if (is_all)
        set_score(facts, tallies);
    return facts;
}
