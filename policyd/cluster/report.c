/* report.c - sums, and the rows made of them. */
#include "policyd/cluster/report.h"
#include <stdio.h>
#include <time.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "control/protocol.h"

#define HOUR_S  3600
#define KEY_MAX 300

/* Beside the dimensions. */
static const struct name_value by_when_and_where[] = {
    {"time", REPORT_BY_TIME},
    {"node", REPORT_BY_NODE},
    {NULL, 0},
};

bool report_by_value(struct span word, int *by_r)
{
    return names_value(by_when_and_where, word, by_r) ||
           names_value(dimension_names, word, by_r);
}

const char *report_by_name(int by)
{
    const char *name = names_name(by_when_and_where, by);

    return name != NULL ? name : names_name(dimension_names, by);
}

/* An hour, a day, a node, or all. */
struct bucket {
    char key[KEY_MAX];
    int64_t begin; /* of time: seconds since 1970 */
    struct measures sum;
    uint64_t recipients;
    struct latency message, policy;
};

struct report {
    struct report_options options;
    bool is_daily;
    size_t count, room;
    struct bucket *buckets;
    struct tally names;
    struct bucket total;
};

static int64_t day_of(int64_t seconds)
{
    time_t moment = (time_t)seconds;
    struct tm local;

    if (localtime_r(&moment, &local) == NULL)
        return seconds;
    local.tm_hour = local.tm_min = local.tm_sec = 0;
    local.tm_isdst = -1;
    moment = mktime(&local);
    return moment != (time_t)-1 && moment <= (time_t)seconds ? (int64_t)moment : seconds;
}

/* A day has 23 to 25 hours: from its begin into the middle of the next one, and back to where that begins. */
static int64_t next_begin(const struct report *report, int64_t begin)
{
    return report->is_daily ? day_of(begin + 36 * HOUR_S) : begin + HOUR_S;
}

static int64_t begin_of(const struct report *report, int64_t hour)
{
    return report->is_daily ? day_of(hour * HOUR_S) : hour * HOUR_S;
}

static struct bucket *bucket_new(struct report *report, const char *key)
{
    struct bucket *bucket;

    if (report->count == report->room) {
        report->room = report->room == 0 ? 64 : report->room * 2;
        report->buckets = xreallocarray(report->buckets, report->room, sizeof *report->buckets);
    }
    bucket = &report->buckets[report->count++];
    *bucket = (struct bucket){.begin = 0};
    snprintf(bucket->key, sizeof bucket->key, "%s", key);
    return bucket;
}

static void make_times(struct report *report)
{
    int64_t end = report->options.until * HOUR_S;
    char key[32];
    struct tm local;

    for (int64_t begin = begin_of(report, report->options.from);
         begin <= end && report->count < REPORT_MAX_BUCKETS;
         begin = next_begin(report, begin)) {
        time_t moment = (time_t)begin;
        if (localtime_r(&moment, &local) == NULL)
            return;
        strftime(key, sizeof key, report->is_daily ? "%Y-%m-%d" : "%Y-%m-%d %H:%M", &local);
        bucket_new(report, key)->begin = begin;
    }
}

struct report *report_new(const struct report_options *options)
{
    struct report *report = xcalloc(1, sizeof *report);

    report->options = *options;
    report->is_daily = options->until - options->from >= REPORT_HOURS_MOST;
    tally_init(&report->names, REPORT_MAX_NAMES, false);
    snprintf(report->total.key, sizeof report->total.key, "total");
    if (options->by == REPORT_BY_TIME)
        make_times(report);
    return report;
}

void report_free(struct report **report)
{
    if (*report == NULL)
        return;
    tally_clear(&(*report)->names);
    xfree(&(*report)->buckets);
    xfree(report);
}

/* The one that holds the hour; hours mostly come in order. */
static struct bucket *find_time(struct report *report, int64_t hour)
{
    size_t low = 0, high = report->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (report->buckets[middle].begin <= hour * HOUR_S)
            low = middle;
        else
            high = middle;
    }
    return report->count > 0 ? &report->buckets[low] : NULL;
}

static struct bucket *find_node(struct report *report, const char *node)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->buckets[i].key, node) == 0)
            return &report->buckets[i];
    return bucket_new(report, node);
}

static void bucket_add(struct bucket *bucket, const struct counts *counts)
{
    measures_add(&bucket->sum, &counts->total);
    bucket->recipients = tally_sum(bucket->recipients, counts->recipients);
    latency_merge(&bucket->message, &counts->message_latency);
    latency_merge(&bucket->policy, &counts->policy_latency);
}

void report_add(struct report *report, int64_t hour, const char *node,
                const struct counts *counts)
{
    struct bucket *bucket = NULL;

    if (hour < report->options.from || hour > report->options.until)
        return;
    bucket_add(&report->total, counts);
    if (report->options.by == REPORT_BY_TIME)
        bucket = find_time(report, hour);
    else if (report->options.by == REPORT_BY_NODE)
        bucket = find_node(report, node);
    else
        tally_merge(&report->names, &counts->by[report->options.by]);
    if (bucket != NULL)
        bucket_add(bucket, counts);
}

static json_t *row_new(const struct report *report, const char *key, const struct measures *sum)
{
    const uint64_t *of = sum->of;
    uint64_t stopped = of[MEASURE_STOPPED], messages = of[MEASURE_MESSAGES];
    json_t *row = json_pack("{s:s,s:o}", "by", report_by_name(report->options.by), "key",
                            control_text(span_of(key)));

    for (int i = 0; i < MEASURE__COUNT; i++) {
        json_object_set_new(row, measure_names[i], json_integer((json_int_t)of[i]));
        if (i == MEASURE_MESSAGES)
            json_object_set_new(
                row, "delivered",
                json_integer((json_int_t)(messages > stopped ? messages - stopped : 0)));
    }
    return row;
}

static void set_latency(json_t *row, const char *prefix, const struct latency *latency)
{
    static const unsigned percents[] = {50, 90, 99};
    char name[32];

    if (latency_count(latency) == 0)
        return;
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        uint64_t us = latency_quantile(latency, percents[i]);
        snprintf(name, sizeof name, "%sp%u_ms", prefix, percents[i]);
        json_object_set_new(row, name, json_real((double)us / 1000.0));
    }
}

static json_t *bucket_row(const struct report *report, const struct bucket *bucket)
{
    json_t *row = row_new(report, bucket->key, &bucket->sum);
    char time[24];

    if (bucket->begin != 0)
        json_object_set_new(row, "time", json_string(clock_iso(bucket->begin * 1000, time)));
    json_object_set_new(row, "recipients", json_integer((json_int_t)bucket->recipients));
    set_latency(row, "", &bucket->message);
    set_latency(row, "policy_", &bucket->policy);
    return row;
}

static void name_rows(struct report *report, void (*each)(void *ctx, json_t *row), void *ctx)
{
    struct measures other = report->names.other;
    json_t *row;

    tally_sort(&report->names);
    for (size_t i = 0; i < report->names.count; i++) {
        const struct tally_row *name = &report->names.rows[i];
        if (i < report->options.limit)
            each(ctx, row_new(report, name->key, &name->sum));
        else
            measures_add(&other, &name->sum);
    }
    if (measures_weight(&other) == 0)
        return;
    row = row_new(report, "other", &other);
    json_object_set_new(row, "is_other", json_true());
    each(ctx, row);
}

void report_rows(struct report *report, void (*each)(void *ctx, json_t *row), void *ctx)
{
    json_t *row;

    for (size_t i = 0; i < report->count; i++)
        each(ctx, bucket_row(report, &report->buckets[i]));
    name_rows(report, each, ctx);
    row = bucket_row(report, &report->total);
    json_object_set_new(row, "is_total", json_true());
    each(ctx, row);
}
