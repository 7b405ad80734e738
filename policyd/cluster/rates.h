/* How many decisions were refusals, deferrals or failures: before a trial of new rules, and during it. Pure.
 * Sources count from their own start; one that starts again at 0 loses nothing of what it said before. */
#ifndef CLUSTER_RATES_H
#define CLUSTER_RATES_H
#include "base/str.h"
#include <stdint.h>

#define RATES_SOURCES 2 /* policyd, its milter */
#define RATES_MINUTES 60

/* Bounds of a trial, in percentage points above the hour before; a rate that has more than doubled is too much as well, when it has risen by
 * RATES_DOUBLED_POINTS and RATES_DOUBLED_MIN decisions say so. */
#define RATES_MIN_DECISIONS  20
#define RATES_DEFER_POINTS   5
#define RATES_REJECT_POINTS  10
#define RATES_ERROR_POINTS   5
#define RATES_DOUBLED_POINTS 2
#define RATES_DOUBLED_MIN    100

struct rates_counts {
    uint64_t decisions, rejected, deferred, errors;
};
struct rates {
    struct rates_counts last[RATES_SOURCES];
    bool is_known[RATES_SOURCES];
    struct rates_counts total; /* since rates_feed was called first for each source */
    struct rates_counts minutes[RATES_MINUTES];
    int64_t minute_of[RATES_MINUTES]; /* which minute of the monotonic clock it holds */
};
void rates_feed(struct rates *rates, size_t source, const struct rates_counts *now,
                int64_t mono_ms);
/* The hour before now. */
void rates_hour(const struct rates *rates, int64_t mono_ms, struct rates_counts *counts_r);
void rates_between(const struct rates_counts *from, const struct rates_counts *to,
                   struct rates_counts *counts_r);

enum rates_verdict { RATES_TOO_FEW = 1, RATES_WITHIN, RATES_BREACH };
/* why: appended, in words; "" when within. */
enum rates_verdict rates_judge(const struct rates_counts *before,
                               const struct rates_counts *during, struct str *why);
#endif
