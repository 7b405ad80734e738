/* Hours of many nodes summed up into the rows of a report. Pure but for the local time zone (time_zone, given to tzset at start). */
#ifndef CLUSTER_REPORT_H
#define CLUSTER_REPORT_H
#include <jansson.h>
#include "policyd/cluster/statistics_counts.h"

#define REPORT_MAX_NAMES   100000   /* different ones over all hours; beyond: other */
#define REPORT_MAX_BUCKETS 10000    /* hours or days */
#define REPORT_HOURS_MOST  (3 * 24) /* a longer time is shown by day */

/* By what: a dimension (statistics_counts.h), or one of these. */
enum { REPORT_BY_TIME = DIMENSION__COUNT, REPORT_BY_NODE };
/* The words of --by: time, node, and those of dimension_names. */
bool report_by_value(struct span word, int *by_r);
const char *report_by_name(int by); /* NULL: no such value */

struct report_options {
    int by;
    int64_t from, until; /* hours since 1970, both in it */
    size_t limit;        /* names shown; the rest becomes the row "other" */
};
struct report;
struct report *report_new(const struct report_options *options);
void report_free(struct report **report);
void report_add(struct report *report, int64_t hour, const char *node,
                const struct counts *counts);
/* Rows in the order to be shown: by time all hours or days, also those without mail; else the heaviest first, "other", and at the end "total":
 *   {"by":"rule","key":NAME,"messages":N,"delivered":N,"stopped":N,"refused":N,"requests":N,"bytes":N}
 * time: also "time" (its begin, ISO 8601 UTC); time, node and total: also "recipients", and, where something was measured, "p50_ms", "p90_ms", "p99_ms"
 * (of messages, from their end to the answer) and "policy_p50_ms" ... (of policy requests). other and total have "is_other", "is_total". */
void report_rows(struct report *report, void (*each)(void *ctx, json_t *row), void *ctx);
#endif
