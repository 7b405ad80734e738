/* control_dmarc.c - dmarc.report: what would be reported of a day, and the sending of it. One row for each report. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "facts/fact_words.h"
#include "mail/address.h"
#include "mail/org_domain.h"
#include "milter/control.h"
#include "milter/dmarc_report_send.h"
#include "store/decisions_walk.h"

#define DAY_MS    (INT64_C(1000) * DAY_SECONDS)
#define KEEP_DAYS 30 /* what was sent is known so much longer than decisions are kept */

static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER; /* one run at a time */

struct run {
    struct control_call *call;
    const struct settings *settings;
    struct arena *arena;
    struct tally *tally;
    struct report_set set;
    struct report_about about;
    int64_t day; /* since 1970 */
    bool sends;
    char domain[DOMAIN_SIZE]; /* only reports about it; empty: all */
    struct sent *sent;
    size_t failed;
};

/* --- what is asked for --- */

static int take_day(struct run *run, struct err *err)
{
    struct span text = control_argument(run->call, "day");
    int64_t today = clock_now_ms() / DAY_MS;
    char copy[12];
    struct tm tm = {0};
    const char *end;

    run->day = today - 1;
    if (text.len == 0)
        return 0;
    snprintf(copy, sizeof copy, "%.*s", SPAN_ARG(text));
    end = strptime(copy, "%Y-%m-%d", &tm);
    if (end == NULL || *end != '\0' || text.len >= sizeof copy)
        return err_set(err, "day: %.40s is no day; write one as 2026-11-22", copy);
    run->day = (int64_t)timegm(&tm) / DAY_SECONDS;
    if (run->day < 0 || run->day > today)
        return err_set(err, "day: %s is yet to come", copy);
    if (run->sends && run->day == today)
        return err_set(err,
                       "%s is not over yet (days are those of UTC); it can be shown, and "
                       "sent tomorrow",
                       copy);
    return 0;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static int take_settings(struct run *run, struct err *err)
{
    const struct settings *settings = run->settings;
    struct address from;

    run->about.from = settings->dmarc_report_from;
    run->about.node = settings->node_name;
    if (!run->sends)
        return 0;
    if (!settings->dmarc_reports)
        return err_set(err, "reports are not sent: write dmarc_reports = yes and "
                            "dmarc_report_from = ADDRESS into postgate.cf");
    if (address_parse(span_of(run->about.from), &from, NULL) != 1 || !from.has_domain ||
        !is_ascii(run->about.from) ||
        !domain_normalize(address_domain(&from), run->about.receiver))
        return err_set(err, "dmarc_report_from must be the address that stands in From of "
                            "reports, in ASCII, such as dmarc@example.com");
    if (settings->release_listener[0] == '\0')
        return err_set(err, "release_listener is empty: reports go to Postfix over it");
    return 0;
}

static int take_domain(struct run *run, struct err *err)
{
    struct span text = control_argument(run->call, "domain");

    if (text.len == 0 || domain_normalize(text, run->domain))
        return 0;
    return err_set(err, "domain: %.*s is none", (int)(text.len < 80 ? text.len : 80), text.ptr);
}

static int take_arguments(struct run *run, struct err *err)
{
    run->sends = json_is_true(json_object_get(run->call->args, "send"));
    if (take_settings(run, err) != 0 || take_domain(run, err) != 0 || take_day(run, err) != 0)
        return -1;
    run->about.begin = run->day * DAY_SECONDS;
    return 0;
}

/* --- what is there --- */

static bool take_record(void *ctx, const struct decision_record *record)
{
    tally_take(ctx, record);
    return true;
}

static int collect(struct run *run, struct err *err)
{
    const struct decisions_walker walker = {take_record, run->tally};
    int64_t begin = run->day * DAY_MS;
    int rc =
        decisions_walk(milter_control_gate()->decisions, begin, begin + DAY_MS, &walker, err);

    if (rc == 0)
        return err_set(err, "no decisions of that day are kept (decisions_days)");
    if (rc < 0)
        return -1;
    run->set = (struct report_set){
        .settings = run->settings,
        .tally = run->tally,
        .arena = run->arena,
        .below = run->domain[0] != '\0' ? org_domain(span_of(run->domain)) : SPAN("")};
    report_set_find(&run->set);
    return 0;
}

static bool is_wanted(const struct run *run, const struct report *report)
{
    if (run->domain[0] == '\0' ||
        domain_is_within(span_of(report->domain), span_of(run->domain)))
        return true;
    for (size_t i = 0; i < report->from_count; i++)
        if (strcmp(report->from[i]->name, run->domain) == 0)
            return true;
    return false;
}

/* --- one report --- */

struct telling {
    const char *state;
    struct str why;
};

static const char *const no_policy[] = {
    [DMARC_NO_RECORD] = "no record now",
    [DMARC_SEVERAL] = "several records now",
    [DMARC_BROKEN] = "its record does not read",
    [DMARC_UNAVAILABLE] = "DNS did not answer",
};

static json_t *addresses(const struct report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->target_count; i++)
        json_array_append_new(list, control_text(report->targets[i].address));
    return list;
}

static int tell(struct run *run, const struct report *report, const struct telling *telling)
{
    uint64_t messages = 0, passed = 0, rows = 0;
    json_t *from = json_array();

    for (size_t i = 0; i < report->from_count; i++) {
        messages += report->from[i]->messages;
        passed += report->from[i]->passed;
        rows += report->from[i]->row_count;
        json_array_append_new(from, json_string(report->from[i]->name));
    }
    return control_row(
        run->call,
        json_pack("{s:s,s:I,s:I,s:I,s:I,s:s,s:o,s:o,s:s,s:o}", "domain", report->domain,
                  "messages", (json_int_t)messages, "pass", (json_int_t)passed, "fail",
                  (json_int_t)(messages - passed), "rows", (json_int_t)rows, "policy",
                  report->found == DMARC_FOUND
                      ? names_name(dmarc_policy_names, (int)report->record.policy)
                      : "",
                  "from", from, "to", addresses(report), "state", telling->state, "why",
                  control_text(str_span(&telling->why))));
}

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

static void send_message(struct run *run, struct report *report, struct span gzip,
                         struct telling *telling)
{
    struct str message = STR_EMPTY;
    struct report_letter letter = {.domain = report->domain,
                                   .targets = report->targets,
                                   .target_count = report->target_count};
    enum report_outcome outcome;
    struct err err;

    err_reset(&err);
    report_message(&message, report, &run->about, gzip, clock_now_ms());
    letter.message = str_span(&message);
    outcome = report_send(milter_control_gate(), &letter, run->sent, &telling->why, &err);
    if (err.text[0] != '\0')
        str_printf(&telling->why, "%s%s", telling->why.len > 0 ? "; " : "", err.text);
    telling->state = outcomes[outcome].state;
    run->failed += outcome != REPORT_DONE;
    log_info("DMARC report about %s: %s%s%s", report->domain, outcomes[outcome].words,
             telling->why.len > 0 ? ": " : "", str_cstr(&telling->why));
    str_clear(&message);
}

static void make_and_send(struct run *run, struct report *report, struct telling *telling)
{
    struct str xml = STR_EMPTY, gzip = STR_EMPTY;
    struct err err;

    report_xml(&xml, report, &run->about);
    if (report_gzip(&gzip, str_span(&xml), &err) != 0) {
        telling->state = "failed";
        run->failed++;
        str_adds(&telling->why, err.text);
    } else {
        drop_small_targets(report, gzip.len, &telling->why);
        telling->state = "too large";
        if (report->target_count > 0)
            send_message(run, report, str_span(&gzip), telling);
    }
    str_clear(&xml);
    str_clear(&gzip);
}

/* Those that were sent are not asked about again. */
static bool is_settled(const struct run *run, const struct report *report,
                       struct telling *telling)
{
    enum report_sent state = sent_state(run->sent, report->domain);

    if (report->found != DMARC_FOUND)
        telling->state = no_policy[report->found];
    else if (state == REPORT_SENT)
        telling->state = "sent before";
    else if (state == REPORT_SENDING) {
        telling->state = "unknown";
        str_adds(&telling->why, "an earlier run was cut off while it was sent");
    } else if (report->record.reports_to.len == 0)
        telling->state = "not asked for";
    return telling->state != NULL;
}

static int handle(struct run *run, struct report *report)
{
    struct telling telling = {.state = NULL};
    int rc;

    if (!is_settled(run, report, &telling)) {
        report_targets_find(&run->set, report);
        str_add(&telling.why, str_span(&report->refused));
        telling.state = report->target_count > 0 ? "would be sent" : "no address";
        if (report->target_count > 0 && run->sends)
            make_and_send(run, report, &telling);
    }
    rc = tell(run, report, &telling);
    str_clear(&telling.why);
    return rc;
}

/* --- all of them --- */

static enum control_exit handle_all(struct run *run, struct err *err)
{
    uint64_t others = tally_others(run->tally), unread = tally_unread(run->tally);

    for (size_t i = 0; i < run->set.count; i++) {
        if (!is_wanted(run, &run->set.list[i]))
            continue;
        if (atomic_load(&milter_control_gate()->is_draining)) {
            err_set(err, "the milter is ending; the rest is sent next time");
            return EXIT_PARTIAL;
        }
        if (handle(run, &run->set.list[i]) != 0)
            return EXIT_PARTIAL; /* whoever asked is gone */
    }
    if (others > 0 || unread > 0)
        err_set(err,
                "not reported: %llu messages of domains beyond %d (%d below one), %llu "
                "decisions whose facts cannot be read",
                (unsigned long long)others, TALLY_DOMAINS, TALLY_BELOW,
                (unsigned long long)unread);
    if (run->failed > 0)
        err_set(err, "%zu reports were not sent, or it is not known whether they were",
                run->failed);
    return run->failed > 0 ? EXIT_PARTIAL : EXIT_OK;
}

static enum control_exit run_open(struct run *run, struct err *err)
{
    const char *state_dir = run->settings->state_dir;

    err_reset(err);
    run->sent =
        run->sends ? sent_open(state_dir, run->day, err) : sent_read(state_dir, run->day, err);
    if (run->sent == NULL && err->text[0] != '\0')
        return EXIT_PARTIAL;
    if (run->sends)
        sent_forget(state_dir,
                    clock_now_ms() / DAY_MS - run->settings->decisions_days - KEEP_DAYS);
    return collect(run, err) == 0 ? handle_all(run, err) : EXIT_INVALID;
}

static enum control_exit run_whole(struct run *run, struct err *err)
{
    enum control_exit code;

    run->arena = arena_new();
    run->tally = tally_new();
    code = run_open(run, err);
    sent_close(&run->sent);
    report_set_clear(&run->set);
    tally_free(&run->tally);
    arena_free(&run->arena);
    return code;
}

enum control_exit control_dmarc_report(struct control_call *call, struct err *err)
{
    struct run run = {.call = call, .settings = milter_control_gate()->settings};
    enum control_exit code;

    if (take_arguments(&run, err) != 0)
        return EXIT_INVALID;
    if (pthread_mutex_trylock(&sending) != 0) {
        err_set(err, "reports are being made already; try again when they are");
        return EXIT_INVALID;
    }
    code = run_whole(&run, err);
    pthread_mutex_unlock(&sending);
    return code;
}
