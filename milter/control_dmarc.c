/* control_dmarc.c - dmarc.report: what would be reported of a day, and the sending of it. One row for each report. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include "base/clock.h"
#include "facts/fact_words.h"
#include "mail/address.h"
#include "mail/org_domain.h"
#include "milter/control.h"
#include "milter/dmarc_report_settle.h"
#include "store/decisions_walk.h"

#define DAY_MS    (INT64_C(1000) * DAY_SECONDS)
#define KEEP_DAYS 30 /* what was sent is known so much longer than decisions are kept */

static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER; /* one run at a time */

struct run {
    struct control_call *call;
    const struct settings *settings;
    struct arena *arena;
    struct tally *tally;
    struct report_making making;
    int64_t day;              /* since 1970 */
    char domain[DOMAIN_SIZE]; /* only reports about it; empty: all */
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
    if (run->making.sends && run->day == today)
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

    run->making.about.from = settings->dmarc_report_from;
    run->making.about.node = settings->node_name;
    if (!run->making.sends)
        return 0;
    if (!settings->dmarc_reports)
        return err_set(err, "reports are not sent: write dmarc_reports = yes and "
                            "dmarc_report_from = ADDRESS into postgate.cf");
    if (address_parse(span_of(run->making.about.from), &from, NULL) != 1 || !from.has_domain ||
        !is_ascii(run->making.about.from) ||
        !domain_normalize(address_domain(&from), run->making.about.receiver))
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
    run->making.sends = json_is_true(json_object_get(run->call->args, "send"));
    if (take_settings(run, err) != 0 || take_domain(run, err) != 0 || take_day(run, err) != 0)
        return -1;
    run->making.about.begin = run->day * DAY_SECONDS;
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
    run->making.set = (struct report_set){
        .settings = run->settings,
        .tally = run->tally,
        .arena = run->arena,
        .below = run->domain[0] != '\0' ? org_domain(span_of(run->domain)) : SPAN("")};
    report_set_find(&run->making.set);
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

static json_t *addresses(const struct report *report)
{
    json_t *list = json_array();

    for (size_t i = 0; i < report->target_count; i++)
        json_array_append_new(list, control_text(report->targets[i].address));
    return list;
}

static int tell(struct run *run, const struct report *report, const struct report_fate *fate)
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
                  "from", from, "to", addresses(report), "state", fate->state, "why",
                  control_text(str_span(&fate->why))));
}

static int handle(struct run *run, struct report *report)
{
    struct report_fate fate = {.state = NULL};
    int rc;

    report_settle(&run->making, report, &fate);
    run->failed += fate.is_failed;
    rc = tell(run, report, &fate);
    str_clear(&fate.why);
    return rc;
}

/* --- all of them --- */

static enum control_exit handle_all(struct run *run, struct err *err)
{
    uint64_t others = tally_others(run->tally), unread = tally_unread(run->tally);

    for (size_t i = 0; i < run->making.set.count; i++) {
        if (!is_wanted(run, &run->making.set.list[i]))
            continue;
        if (atomic_load(&milter_control_gate()->is_draining)) {
            err_set(err, "the milter is ending; the rest is sent next time");
            return EXIT_PARTIAL;
        }
        if (handle(run, &run->making.set.list[i]) != 0)
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
    run->making.sent = run->making.sends ? sent_open(state_dir, run->day, err)
                                         : sent_read(state_dir, run->day, err);
    if (run->making.sent == NULL && err->text[0] != '\0')
        return EXIT_PARTIAL;
    if (run->making.sends)
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
    sent_close(&run->making.sent);
    report_set_clear(&run->making.set);
    tally_free(&run->tally);
    arena_free(&run->arena);
    return code;
}

enum control_exit control_dmarc_report(struct control_call *call, struct err *err)
{
    struct gate *gate = milter_control_gate();
    struct run run = {.call = call, .settings = gate->settings, .making = {.gate = gate}};
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
