/* rates.c - sums of decisions by the minute, and whether a trial stays within its bounds. */
#include "policyd/cluster/rates.h"

#define MINUTE_MS 60000

static void add(struct rates_counts *to, const struct rates_counts *counts)
{
    to->decisions += counts->decisions;
    to->rejected += counts->rejected;
    to->deferred += counts->deferred;
    to->errors += counts->errors;
}

/* A number that has gone down was counted from 0 again. */
static uint64_t risen(uint64_t from, uint64_t to)
{
    return to >= from ? to - from : to;
}

void rates_between(const struct rates_counts *from, const struct rates_counts *to,
                   struct rates_counts *counts_r)
{
    *counts_r = (struct rates_counts){.decisions = risen(from->decisions, to->decisions),
                                      .rejected = risen(from->rejected, to->rejected),
                                      .deferred = risen(from->deferred, to->deferred),
                                      .errors = risen(from->errors, to->errors)};
}

void rates_feed(struct rates *rates, size_t source, const struct rates_counts *now,
                int64_t mono_ms)
{
    int64_t minute = mono_ms / MINUTE_MS;
    size_t at = (size_t)(minute % RATES_MINUTES);
    struct rates_counts news = {0};

    if (rates->is_known[source])
        rates_between(&rates->last[source], now, &news);
    rates->last[source] = *now;
    rates->is_known[source] = true;
    if (rates->minute_of[at] != minute)
        rates->minutes[at] = (struct rates_counts){0};
    rates->minute_of[at] = minute;
    add(&rates->minutes[at], &news);
    add(&rates->total, &news);
}

void rates_hour(const struct rates *rates, int64_t mono_ms, struct rates_counts *counts_r)
{
    int64_t minute = mono_ms / MINUTE_MS;

    *counts_r = (struct rates_counts){0};
    for (size_t i = 0; i < RATES_MINUTES; i++)
        if (rates->minute_of[i] > minute - RATES_MINUTES && rates->minute_of[i] <= minute)
            add(counts_r, &rates->minutes[i]);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static bool is_too_much(double before, double during, double points, uint64_t decisions)
{
    bool has_doubled = during > 2 * before && during > before + RATES_DOUBLED_POINTS;

    return during > before + points || (has_doubled && decisions >= RATES_DOUBLED_MIN);
}

enum rates_verdict rates_judge(const struct rates_counts *before,
                               const struct rates_counts *during, struct str *why)
{
    const struct {
        const char *what;
        uint64_t before, during;
        double points;
    } rates[] = {{"errors", before->errors, during->errors, RATES_ERROR_POINTS},
                 {"deferred", before->deferred, during->deferred, RATES_DEFER_POINTS},
                 {"rejected", before->rejected, during->rejected, RATES_REJECT_POINTS}};

    if (during->decisions < RATES_MIN_DECISIONS) {
        str_printf(why, "only %llu of at least %d decisions were made",
                   (unsigned long long)during->decisions, RATES_MIN_DECISIONS);
        return RATES_TOO_FEW;
    }
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        double then = percent(rates[i].before, before->decisions);
        double now = percent(rates[i].during, during->decisions);

        if (!is_too_much(then, now, rates[i].points, during->decisions))
            continue;
        str_printf(why, "%s: %.1f%% of %llu decisions, %.1f%% of %llu in the hour before",
                   rates[i].what, now, (unsigned long long)during->decisions, then,
                   (unsigned long long)before->decisions);
        return RATES_BREACH;
    }
    return RATES_WITHIN;
}
