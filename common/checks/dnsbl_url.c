/* dnsbl_url.c - from the links of a message to the names that lists are asked for, and from what lists say to the facts. */
#include "checks/dnsbl_url.h"
#include "checks/dnsbl_work.h"
#include "checks/link_places.h"

static bool name_for(const struct dnsbl_list *list, struct span place, struct str *name)
{
    struct ip ip;

    if (!ip_parse(place, &ip))
        return dnsbl_domain_name(name, list, place);
    dnsbl_address_name(name, list, &ip);
    return true;
}

static void ask_list(struct dnsbl_work *work, struct dnsbl_list *list,
                     const struct link_places *places)
{
    struct str names[LINK_PLACES_MAX];
    size_t count = 0; /* that can be asked */

    for (size_t i = 0; i < places->count; i++) {
        names[i] = (struct str)STR_EMPTY;
        if (name_for(list, places->at[i].value->text, &names[i]))
            count++;
        else
            str_reset(&names[i]);
    }
    if (count > 0)
        dnsbl_work_ask(work, list, names, places->count);
    for (size_t i = 0; i < places->count; i++)
        str_clear(&names[i]);
}

/* Why there may be links that no list was asked for; empty: there are none. */
static void missed(const struct facts *facts, struct str *why)
{
    const struct record_list *links = facts_records(facts, RECORD_URL);
    struct link_places places;

    link_places_find(&places, facts);
    if (links->state != FACT_VALUE)
        str_printf(why, "its links are not known: %.*s",
                   SPAN_ARG(links->reason.len > 0 ? links->reason : SPAN("not looked for")));
    else if (links->is_incomplete)
        str_printf(why, "not all of its links are known: %.*s", SPAN_ARG(links->reason));
    else if (places.are_more)
        str_printf(why, "it links to more than %zu domains", link_places_max());
}

static bool is_listed(const struct dnsbl_work *work, size_t place)
{
    for (size_t i = 0; i < work->count; i++)
        if (work->asked[i].said == DNSBL_LISTED && work->asked[i].name == place &&
            !dnsbl_lists_all(work->asked[i].list))
            return true;
    return false;
}

/* Which places it is that dnsbl.url is about. */
static void set_domains(struct facts *facts, const struct dnsbl_work *work)
{
    const struct fact *lists = facts_get(facts, FACT_DNSBL_URL);
    struct value found[LINK_PLACES_MAX];
    struct link_places places;
    size_t count = 0;

    link_places_find(&places, work->request->facts);
    for (size_t i = 0; lists->state == FACT_VALUE && i < places.count; i++)
        if (is_listed(work, i))
            found[count++] = *places.at[i].value;
    if (count > 0)
        facts_set_many(facts, FACT_DNSBL_URL_DOMAINS, found, count);
    else if (lists->state == FACT_UNKNOWN)
        facts_set_unknown(facts, FACT_DNSBL_URL_DOMAINS, lists->reason);
    else
        facts_set_absent(facts, FACT_DNSBL_URL_DOMAINS);
}

/* What is listed stands, whatever else could not be asked. */
static struct facts *conclude(const struct dnsbl_work *work)
{
    struct facts *facts = facts_new();
    struct dnsbl_tally tally;
    struct str why = STR_EMPTY;

    dnsbl_tally(work, DNSBL_URL, &tally);
    missed(work->request->facts, &why);
    if (tally.listed_count == 0 && tally.silent_count == 0 && why.len > 0 &&
        dnsbl_count_of(DNSBL_URL) > 0) {
        facts_set_unknown(facts, FACT_DNSBL_URL, str_span(&why));
        facts_set_unknown(facts, FACT_DNSBL_URL_SCORE, str_span(&why));
    } else {
        dnsbl_set_listed(facts, FACT_DNSBL_URL, &tally);
        if (tally.listed_count == 0 && tally.silent_count > 0)
            dnsbl_set_silent(facts, FACT_DNSBL_URL_SCORE, &tally);
        else
            facts_set_number(facts, FACT_DNSBL_URL_SCORE, tally.weight);
    }
    set_domains(facts, work);
    str_clear(&why);
    return facts;
}

static int start(struct check_request *request, struct err *err)
{
    struct dnsbl_work *work;
    struct dnsbl_list *list;
    struct link_places places;

    (void)err;
    link_places_find(&places, request->facts);
    work = dnsbl_work_new(request, dnsbl_count_of(DNSBL_URL) * (places.count + 1), conclude);
    if (work->batch.asker !=
        0) /* apart: nobody keeps us from asking about himself by many links */
        work->batch.asker += DNS_ASKER_APART;
    for (size_t i = 0; (list = dnsbl_list_at(i)) != NULL; i++)
        if (list->kind == DNSBL_URL)
            ask_list(work, list, &places);
    dnsbl_work_send(&work);
    return 0;
}

static bool is_idle(void)
{
    return dnsbl_count_of(DNSBL_URL) == 0;
}

static const enum fact_id learns[] = {FACT_DNSBL_URL, FACT_DNSBL_URL_DOMAINS,
                                      FACT_DNSBL_URL_SCORE, FACT__COUNT};
static const enum fact_id needs[] = {FACT_URL_HOST, FACT__COUNT};

const struct check dnsbl_url_check = {
    .name = "dnsbl.url",
    .stage = STAGE_EOM,
    .facts = learns,
    .reads_facts = true,
    .start = start,
    .needs = needs,
    .is_idle = is_idle,
    .asks_dns = true,
};
