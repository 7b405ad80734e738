/* dmarc_report_terms.c - the policies published now, and the domains of From that each of them is about. */
#include <stdio.h>
#include "base/xalloc.h"
#include "dns/dns_wait.h"
#include "mail/domain_list.h"
#include "mail/org_domain.h"
#include "mail/tags.h"
#include "milter/dmarc_report.h"

#define BATCH 200 /* questions at once */
#define PASSES                                                                                 \
    10 /* those that were too many for one zone are asked again: TALLY_BELOW / DNS_ZONE_MAX, and some */
#define WAIT_MS 5000 /* of a batch */

struct asked { /* of a domain of From: its own name, and its organisational domain's */
    struct dns_wanted *own, *org; /* NULL: not asked */
};

static struct dns_wanted *want(struct report_set *set, struct dns_wanted *wanted, size_t *count,
                               struct span domain)
{
    const char *name;

    if (domain_list_holds(set->settings->dns_never_ask, domain))
        return NULL;
    name = arena_printf(set->arena, "_dmarc.%.*s", SPAN_ARG(domain));
    if (!dns_name_is_valid(span_of(name)))
        return NULL;
    wanted[*count] = (struct dns_wanted){.type = DNS_TXT, .name = span_of(name)};
    return &wanted[(*count)++];
}

static bool is_open(const struct dns_wanted *wanted)
{
    return wanted->answer.status == 0 || wanted->answer.status == DNS_LIMITED;
}

/* Some of those that have no answer yet; false: all have one. */
static bool ask_batch(struct dns_wanted *wanted, size_t count, size_t *at, struct arena *arena)
{
    struct dns_wanted batch[BATCH];
    struct dns_wanted *from[BATCH];
    size_t taken = 0;

    for (; *at < count && taken < BATCH; (*at)++)
        if (is_open(&wanted[*at])) {
            from[taken] = &wanted[*at];
            batch[taken++] = wanted[*at];
        }
    dns_wait(batch, taken, WAIT_MS, arena);
    for (size_t i = 0; i < taken; i++)
        *from[i] = batch[i];
    return taken > 0;
}

static void ask_all(struct dns_wanted *wanted, size_t count, struct arena *arena)
{
    bool was_asked = true;

    for (int pass = 0; pass < PASSES && was_asked; pass++) {
        size_t at = 0;
        was_asked = false;
        while (at < count && ask_batch(wanted, count, &at, arena))
            was_asked = true;
    }
}

static enum dmarc_found look(const struct dns_wanted *wanted, struct dmarc_record *record_r)
{
    return wanted == NULL ? DMARC_NO_RECORD
                          : dmarc_record_choose(&wanted->answer, record_r, NULL);
}

static struct span failure_options(const struct dns_wanted *wanted)
{
    struct tags tags;

    for (size_t i = 0; i < wanted->answer.count; i++)
        if (dmarc_record_is(wanted->answer.records[i]) &&
            tags_read(wanted->answer.records[i], &tags, NULL) == 0)
            return tags_value(&tags, "fo", SPAN("0"));
    return SPAN("0");
}

/* The one for this policy; a new one when there is none. */
static struct report *report_of(struct report_set *set, struct span domain,
                                enum dmarc_found found)
{
    struct report *report;

    for (size_t i = 0; found == DMARC_FOUND && i < set->count; i++)
        if (set->list[i].found == found && span_is(domain, set->list[i].domain) &&
            set->list[i].from_count <= TALLY_BELOW)
            return &set->list[i];
    report = &set->list[set->count++];
    *report = (struct report){.found = found};
    snprintf(report->domain, sizeof report->domain, "%.*s", SPAN_ARG(domain));
    return report;
}

static void take(struct report_set *set, struct tally_domain *from, const struct asked *asked)
{
    struct span name = span_of(from->name);
    const struct dns_wanted *where = asked->own;
    struct dmarc_record record = {.percent = 100};
    enum dmarc_found found = look(where, &record);
    struct report *report;

    if (found == DMARC_NO_RECORD && asked->org != NULL) {
        where = asked->org;
        found = look(where, &record);
        if (found == DMARC_FOUND)
            name = org_domain(name);
    }
    report = report_of(set, name, found);
    report->from[report->from_count++] = from;
    if (found != DMARC_FOUND)
        return;
    report->record = record;
    report->fo = failure_options(where);
}

/* Of those that are asked for: all when none is named. */
static size_t choose(const struct report_set *set, struct tally_domain **list_r)
{
    size_t count, chosen = 0;
    struct tally_domain *domains = tally_domains(set->tally, &count);

    for (size_t i = 0; i < count; i++)
        if (set->below.len == 0 || span_equal(org_domain(span_of(domains[i].name)), set->below))
            list_r[chosen++] = &domains[i];
    return chosen;
}

void report_set_find(struct report_set *set)
{
    struct tally_domain *domains[TALLY_DOMAINS];
    size_t count = choose(set, domains), questions = 0;
    struct dns_wanted *wanted = xcalloc(2 * count + 1, sizeof *wanted);
    struct asked *asked = xcalloc(count + 1, sizeof *asked);

    for (size_t i = 0; i < count; i++) {
        struct span name = span_of(domains[i]->name), org = org_domain(name);
        asked[i].own = want(set, wanted, &questions, name);
        if (!span_equal(name, org))
            asked[i].org = want(set, wanted, &questions, org);
    }
    ask_all(wanted, questions, set->arena);
    set->list = xcalloc(count + 1, sizeof *set->list);
    for (size_t i = 0; i < count; i++)
        take(set, domains[i], &asked[i]);
    xfree(&wanted);
    xfree(&asked);
}

void report_set_clear(struct report_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        str_clear(&set->list[i].refused);
    xfree(&set->list);
    set->count = 0;
}
