/* dmarc_report_xml.c - a report as RFC 7489 appendix C has it. */
#include <stdio.h>
#include "base/clock.h"
#include "base/sinks.h"
#include "checks/alignment.h"
#include "checks/dmarc_judge.h"
#include "facts/fact_words.h"
#include "milter/dmarc_report.h"

#define XML_MAX (16 * 1024 * 1024) /* bytes of all records */

static void element(struct str *out, int indent, const char *name, struct span text)
{
    str_printf(out, "%*s<%s>", indent, "", name);
    sink_xml(out, text);
    str_printf(out, "</%s>\n", name);
}

static void number(struct str *out, int indent, const char *name, int64_t value)
{
    str_printf(out, "%*s<%s>%lld</%s>\n", indent, "", name, (long long)value, name);
}

static const char *word(const struct name_value *table, int value, const char *otherwise)
{
    const char *name = names_name(table, value);

    return name != NULL ? name : otherwise;
}

/* The pattern of the schema knows no "::". */
static void source_ip(struct str *out, const struct ip *ip)
{
    char text[IP_TEXT_SIZE];

    if (ip_is_v4(ip))
        (void)ip_text(ip, text);
    else
        for (size_t i = 0, at = 0; i < 8; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%x", i > 0 ? ":" : "",
                                   ip->byte[2 * i] << 8 | ip->byte[2 * i + 1]);
    element(out, 6, "source_ip", span_of(text));
}

/* --- one row --- */

struct judged {
    bool is_dkim_aligned, is_spf_aligned;
    const char *reason, *comment; /* why we did something else than was asked for; NULL */
};

static bool dkim_aligned(const struct report *report, const struct tally_row *row,
                         struct span from)
{
    struct tally_signature signature;
    struct span rest = row->signatures;

    while (tally_signature(&rest, &signature))
        if (span_is(signature.result, "pass") &&
            alignment_holds(from, signature.domain, report->record.is_dkim_strict))
            return true;
    return false;
}

static int policy_for(const struct report *report, struct span from)
{
    return (int)(span_is(from, report->domain) ? report->record.policy
                                               : report->record.subdomain_policy);
}

/* What was asked for at that moment was recorded: where it is milder than what is published, pct= left the message out. */
static void explain(const struct report *report, const struct tally_row *row, struct span from,
                    struct judged *judged)
{
    int asked = row->dmarc == DMARC_FAIL ? row->policy : DMARC_POLICY_NONE;

    if (row->disposition != asked)
        judged->reason = "local_policy";
    else if (row->dmarc == DMARC_FAIL && report->record.percent < 100 &&
             row->policy < policy_for(report, from))
        judged->reason = "sampled_out";
    else if (row->dmarc == DMARC_PASS && row->is_rescued && !judged->is_dkim_aligned &&
             !judged->is_spf_aligned) {
        judged->reason = "trusted_forwarder";
        judged->comment = "arc=pass";
    }
}

static struct judged judge(const struct report *report, const struct tally_row *row,
                           struct span from)
{
    struct judged judged = {.is_dkim_aligned = dkim_aligned(report, row, from)};

    judged.is_spf_aligned =
        span_is(span_of(word(spf_names, row->spf, "")), "pass") &&
        alignment_holds(from, row->spf_domain, report->record.is_spf_strict);
    explain(report, row, from, &judged);
    return judged;
}

static void evaluated(struct str *out, const struct tally_row *row, const struct judged *judged)
{
    str_adds(out, "      <policy_evaluated>\n");
    element(out, 8, "disposition", span_of(word(dmarc_policy_names, row->disposition, "none")));
    element(out, 8, "dkim", span_of(judged->is_dkim_aligned ? "pass" : "fail"));
    element(out, 8, "spf", span_of(judged->is_spf_aligned ? "pass" : "fail"));
    if (judged->reason != NULL) {
        str_adds(out, "        <reason>\n");
        element(out, 10, "type", span_of(judged->reason));
        if (judged->comment != NULL)
            element(out, 10, "comment", span_of(judged->comment));
        str_adds(out, "        </reason>\n");
    }
    str_adds(out, "      </policy_evaluated>\n");
}

static void results(struct str *out, const struct tally_row *row)
{
    struct tally_signature signature;
    struct span rest = row->signatures;
    struct span domain = row->spf_domain.len > 0 ? row->spf_domain : row->envelope;

    str_adds(out, "    <auth_results>\n");
    while (tally_signature(&rest, &signature)) {
        str_adds(out, "      <dkim>\n");
        element(out, 8, "domain", signature.domain);
        if (signature.selector.len > 0)
            element(out, 8, "selector", signature.selector);
        element(out, 8, "result", signature.result);
        str_adds(out, "      </dkim>\n");
    }
    str_adds(out, "      <spf>\n");
    element(out, 8, "domain", domain);
    element(out, 8, "scope", span_of(row->is_helo ? "helo" : "mfrom"));
    element(out, 8, "result", span_of(word(spf_names, row->spf, "none")));
    str_adds(out, "      </spf>\n    </auth_results>\n");
}

static void record(struct str *out, const struct report *report, const struct tally_row *row,
                   struct span from)
{
    struct judged judged = judge(report, row, from);

    str_adds(out, "  <record>\n    <row>\n");
    source_ip(out, &row->ip);
    number(out, 6, "count", (int64_t)row->count);
    evaluated(out, row, &judged);
    str_adds(out, "    </row>\n    <identifiers>\n");
    element(out, 6, "envelope_from", row->envelope);
    element(out, 6, "header_from", from);
    str_adds(out, "    </identifiers>\n");
    results(out, row);
    str_adds(out, "  </record>\n");
}

/* All rows there is room for; how many messages are left out. */
static uint64_t records(struct str *out, const struct report *report)
{
    uint64_t left_out = 0;

    for (size_t i = 0; i < report->from_count; i++) {
        const struct tally_domain *from = report->from[i];
        left_out += from->left_out;
        for (const struct tally_row *row = from->rows; row != NULL; row = row->next)
            if (out->len < XML_MAX)
                record(out, report, row, span_of(from->name));
            else
                left_out += row->count;
    }
    return left_out;
}

/* --- the whole --- */

void report_id(struct str *out, const struct report *report, const struct report_about *about)
{
    char day[24];

    clock_iso(about->begin * 1000, day);
    str_printf(out, "%.4s%.2s%.2s.%s.%s@%s", day, day + 5, day + 8, report->domain, about->node,
               about->receiver);
}

static void metadata(struct str *out, const struct report *report,
                     const struct report_about *about, uint64_t left_out)
{
    struct str text = STR_EMPTY;

    str_adds(out, "  <report_metadata>\n");
    element(out, 4, "org_name", span_of(about->receiver));
    element(out, 4, "email", span_of(about->from));
    report_id(&text, report, about);
    element(out, 4, "report_id", str_span(&text));
    str_adds(out, "    <date_range>\n");
    number(out, 6, "begin", about->begin);
    number(out, 6, "end", about->begin + DAY_SECONDS - 1);
    str_adds(out, "    </date_range>\n");
    if (left_out > 0) {
        str_reset(&text);
        str_printf(&text, "%llu further messages are not listed: too many different rows",
                   (unsigned long long)left_out);
        element(out, 4, "error", str_span(&text));
    }
    str_adds(out, "  </report_metadata>\n");
    str_clear(&text);
}

static void published(struct str *out, const struct report *report)
{
    const struct dmarc_record *policy = &report->record;

    str_adds(out, "  <policy_published>\n");
    element(out, 4, "domain", span_of(report->domain));
    element(out, 4, "adkim", span_of(policy->is_dkim_strict ? "s" : "r"));
    element(out, 4, "aspf", span_of(policy->is_spf_strict ? "s" : "r"));
    element(out, 4, "p", span_of(word(dmarc_policy_names, (int)policy->policy, "none")));
    element(out, 4, "sp",
            span_of(word(dmarc_policy_names, (int)policy->subdomain_policy, "none")));
    number(out, 4, "pct", policy->percent);
    element(out, 4, "fo", report->fo);
    str_adds(out, "  </policy_published>\n");
}

void report_xml(struct str *out, const struct report *report, const struct report_about *about)
{
    struct str rows = STR_EMPTY;
    uint64_t left_out = records(&rows, report);

    str_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback>\n");
    element(out, 2, "version", SPAN("1.0"));
    metadata(out, report, about, left_out);
    published(out, report);
    str_add(out, str_span(&rows));
    str_adds(out, "</feedback>\n");
    str_clear(&rows);
}
