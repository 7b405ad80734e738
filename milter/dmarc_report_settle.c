/* dmarc_report_settle.c - from a report's policy to its end. */
#include "milter/dmarc_report_settle.h"
#include "base/clock.h"
#include "base/log.h"
#include "milter/dmarc_report_send.h"

static const char *const no_policy[] = {
    [DMARC_NO_RECORD] = "no record now",
    [DMARC_SEVERAL] = "several records now",
    [DMARC_BROKEN] = "its record does not read",
    [DMARC_UNAVAILABLE] = "DNS did not answer",
};

/* RFC 7489 section 6.2: the limit is of what is compressed and not yet encoded. */
static void drop_small_targets(struct report *report, size_t bytes, struct str *why)
{
    size_t kept = 0;

    for (size_t i = 0; i < report->target_count; i++) {
        const struct report_target *target = &report->targets[i];
        if (target->max_bytes == 0 || bytes <= target->max_bytes)
            report->targets[kept++] = *target;
        else
            str_printf(why, "%s%.*s takes reports up to %llu bytes, this one has %zu",
                       why->len > 0 ? "; " : "", SPAN_ARG(target->address),
                       (unsigned long long)target->max_bytes, bytes);
    }
    report->target_count = kept;
}

static const struct {
    const char *state;
    const char *words; /* for the log */
} outcomes[] = {
    [REPORT_DONE] = {"sent", "sent"},
    [REPORT_FAILED] = {"failed", "not sent, tried again next time"},
    [REPORT_UNKNOWN] = {"unknown", "sent, but no answer came: not sent again"},
};

static void send_message(const struct report_making *making, struct report *report,
                         struct span gzip, struct report_fate *fate)
{
    struct str message = STR_EMPTY;
    struct report_letter letter = {.domain = report->domain,
                                   .targets = report->targets,
                                   .target_count = report->target_count};
    enum report_outcome outcome;
    struct err err;

    err_reset(&err);
    report_message(&message, report, &making->about, gzip, clock_now_ms());
    letter.message = str_span(&message);
    outcome = report_send(making->gate, &letter, making->sent, &fate->why, &err);
    if (err.text[0] != '\0')
        str_printf(&fate->why, "%s%s", fate->why.len > 0 ? "; " : "", err.text);
    fate->state = outcomes[outcome].state;
    fate->is_failed = outcome != REPORT_DONE;
    log_info("DMARC report about %s: %s%s%s", report->domain, outcomes[outcome].words,
             fate->why.len > 0 ? ": " : "", str_cstr(&fate->why));
    str_clear(&message);
}

static void make_and_send(const struct report_making *making, struct report *report,
                          struct report_fate *fate)
{
    struct str xml = STR_EMPTY, gzip = STR_EMPTY;
    struct err err;

    report_xml(&xml, report, &making->about);
    if (report_gzip(&gzip, str_span(&xml), &err) != 0) {
        fate->state = "failed";
        fate->is_failed = true;
        str_adds(&fate->why, err.text);
    } else {
        drop_small_targets(report, gzip.len, &fate->why);
        fate->state = "too large";
        if (report->target_count > 0)
            send_message(making, report, str_span(&gzip), fate);
    }
    str_clear(&xml);
    str_clear(&gzip);
}

/* Nothing is to be sent, or it was before. */
static bool is_settled(const struct report_making *making, const struct report *report,
                       struct report_fate *fate)
{
    enum report_sent state = sent_state(making->sent, report->domain);

    if (report->found != DMARC_FOUND)
        fate->state = no_policy[report->found];
    else if (state == REPORT_SENT)
        fate->state = "sent before";
    else if (state == REPORT_SENDING) {
        fate->state = "unknown";
        str_adds(&fate->why, "an earlier run was cut off while it was sent");
    } else if (report->record.reports_to.len == 0)
        fate->state = "not asked for";
    return fate->state != NULL;
}

void report_settle(const struct report_making *making, struct report *report,
                   struct report_fate *fate)
{
    if (is_settled(making, report, fate))
        return;
    report_targets_find(&making->set, report);
    str_add(&fate->why, str_span(&report->refused));
    fate->state = report->target_count > 0 ? "would be sent" : "no address";
    if (report->target_count > 0 && making->sends)
        make_and_send(making, report, fate);
}
