/* dmarc_report_targets.c - the addresses of rua= that may be sent a report. Who publishes a policy could name anybody: those below another
 * organisational domain must say in DNS that they want it (RFC 7489 section 7.1). */
#include <stdio.h>
#include "dns/dns_wait.h"
#include "mail/address.h"
#include "mail/dmarc_uri.h"
#include "mail/domain_list.h"
#include "mail/org_domain.h"
#include "mail/tags.h"
#include "milter/dmarc_report.h"

#define WAIT_MS 5000

struct candidate {
    struct report_target target;
    struct span host;
    bool is_external;
    size_t question; /* of those that are external */
};

static void refuse(struct report *report, struct span what, const char *why)
{
    if (report->refused.len > 0)
        str_adds(&report->refused, "; ");
    str_printf(&report->refused, "%.*s %s", SPAN_ARG(what), why);
}

static bool is_printable(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

/* NULL, or why nothing can be sent there. */
static const char *read_target(const struct report_set *set, const struct dmarc_uri *uri,
                               struct candidate *candidate_r)
{
    struct str text = STR_EMPTY;
    struct address address;
    struct span given;
    bool is_mailto = dmarc_uri_address(uri, &text);

    given = arena_span(set->arena, str_span(&text));
    str_clear(&text);
    if (!is_mailto)
        return "is no mailto address";
    if (!is_printable(given) || !address_is_plain(given) ||
        address_parse(given, &address, NULL) != 1 || address.is_routed ||
        address_domain(&address).len == 0 || address_domain(&address).ptr[0] == '[')
        return "is no address that reports can be sent to";
    if (span_iequal(given, span_of(set->settings->dmarc_report_from)))
        return "is where reports come from";
    *candidate_r = (struct candidate){
        .target = {given, uri->max_bytes},
        .host = arena_span(set->arena, address_domain(&address)),
    };
    if (domain_list_holds(set->settings->dns_never_ask, candidate_r->host))
        return "lies below dns_never_ask";
    return NULL;
}

static bool is_there(const struct candidate *list, size_t count, struct span address)
{
    for (size_t i = 0; i < count; i++)
        if (span_iequal(list[i].target.address, address))
            return true;
    return false;
}

static size_t read_targets(const struct report_set *set, struct report *report,
                           struct candidate list_r[REPORT_TARGETS])
{
    struct span rest = report->record.reports_to;
    struct dmarc_uri uri;
    size_t count = 0, seen = 0;

    while (rest.len > 0 && seen < REPORT_TARGETS && dmarc_uri_next(&rest, &uri)) {
        const char *why = read_target(set, &uri, &list_r[count]);
        seen++;
        if (why != NULL)
            refuse(report, uri.uri, why);
        else if (!is_there(list_r, count, list_r[count].target.address))
            count++;
    }
    return count;
}

static size_t want_agreements(const struct report_set *set, const struct report *report,
                              struct candidate *list, size_t count, struct dns_wanted *wanted)
{
    size_t questions = 0;

    for (size_t i = 0; i < count; i++) {
        list[i].is_external = !org_domain_is_same(list[i].host, span_of(report->domain));
        if (!list[i].is_external)
            continue;
        list[i].question = questions;
        wanted[questions++] = (struct dns_wanted){
            .type = DNS_TXT,
            .name = span_of(arena_printf(set->arena, "%s._report._dmarc.%.*s", report->domain,
                                         SPAN_ARG(list[i].host)))};
    }
    return questions;
}

/* It may name another address of its own to send to, and another limit. */
static void take_override(const struct report_set *set, struct span text,
                          struct candidate *candidate)
{
    struct candidate other;
    struct dmarc_uri uri;
    struct tags tags;
    struct span rest;

    if (tags_read(text, &tags, NULL) != 0)
        return;
    rest = tags_value(&tags, "rua", SPAN(""));
    while (rest.len > 0 && dmarc_uri_next(&rest, &uri))
        if (read_target(set, &uri, &other) == NULL && span_equal(other.host, candidate->host)) {
            candidate->target = other.target;
            return;
        }
}

static bool agrees(const struct report_set *set, const struct dns_answer *answer,
                   struct candidate *candidate)
{
    for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++)
        if (dmarc_record_is(answer->records[i])) {
            take_override(set, answer->records[i], candidate);
            return true;
        }
    return false;
}

static void settle(const struct report_set *set, struct report *report,
                   struct candidate *candidate, const struct dns_wanted *wanted)
{
    const struct dns_answer *answer = &wanted[candidate->question].answer;

    if (!candidate->is_external || agrees(set, answer, candidate))
        report->targets[report->target_count++] = candidate->target;
    else if (answer->status == DNS_FOUND || answer->status == DNS_NONE)
        refuse(report, candidate->target.address,
               arena_printf(set->arena, "did not agree to it (no record at %.*s)",
                            SPAN_ARG(wanted[candidate->question].name)));
    else
        refuse(report, candidate->target.address, "could not be asked whether it agrees");
}

void report_targets_find(const struct report_set *set, struct report *report)
{
    struct candidate list[REPORT_TARGETS + 1];
    struct dns_wanted wanted[REPORT_TARGETS];
    size_t count = read_targets(set, report, list);
    size_t questions = want_agreements(set, report, list, count, wanted);

    dns_wait(wanted, questions, WAIT_MS, set->arena);
    report->target_count = 0;
    for (size_t i = 0; i < count; i++)
        settle(set, report, &list[i], wanted);
}
