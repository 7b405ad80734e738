/* control_report.c - report: what was counted, summed up. */
#include "base/clock.h"
#include "policyd/cluster/report.h"
#include "policyd/cluster/statistics.h"
#include "policyd/cluster/statistics_read.h"
#include "policyd/control.h"

#define LIMIT_USUAL 20

static void add(void *ctx, int64_t hour, const char *node, const struct counts *counts)
{
    report_add(ctx, hour, node, counts);
}

static void put(void *call, json_t *row)
{
    control_row(call, row);
}

static int read_options(const struct control_call *call, struct report_options *options,
                        struct err *err)
{
    int64_t now = clock_now_ms(), oldest = now - STATISTICS_DAYS * 24 * STATISTICS_HOUR_MS;
    int64_t from = (int64_t)control_number(call, "since", (uint64_t)(now - 7 * 86400000LL));
    int64_t until = (int64_t)control_number(call, "until", (uint64_t)now);
    struct span by = control_argument(call, "by");

    options->by = REPORT_BY_TIME;
    if (by.len > 0 && !report_by_value(by, &options->by))
        return err_set(err, "there is no report by `%.*s`", SPAN_ARG(by));
    if (from >= until)
        return err_set(err, "the time should begin before it ends");
    options->from = (from > oldest ? from : oldest) / STATISTICS_HOUR_MS;
    options->until = ((until < now ? until : now) - 1) / STATISTICS_HOUR_MS;
    options->limit = control_number(call, "limit", LIMIT_USUAL);
    return 0;
}

/* Whole hours: that of the begin and that of the end are in it. */
enum control_exit control_report(struct control_call *call, struct err *err)
{
    struct report_options options;
    struct statistics_range range = {.node = control_argument(call, "node"),
                                     .own_name = control_shared.settings->node_name};
    struct report *report;
    enum control_exit code;

    if (read_options(call, &options, err) != 0)
        return EXIT_INVALID;
    range.from = options.from;
    range.until = options.until;
    range.dimensions = options.by < DIMENSION__COUNT ? 1u << options.by : 0;
    report = report_new(&options);
    code = statistics_read(&range, add, report, err);
    if (code != EXIT_INVALID)
        report_rows(report, put, call);
    report_free(&report);
    return code;
}
