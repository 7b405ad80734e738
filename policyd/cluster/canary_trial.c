/* canary_trial.c - rules on trial on this node: begun, judged, ended. */
#include "policyd/cluster/canary_inside.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/protocol.h"
#include "engine/revision_check.h"
#include "policyd/cluster/cluster.h"
#include "policyd/first_start.h"
#include "policyd/publish.h"
#include "policyd/trial.h"
#include "store/revisions.h"

static void note(const char *state, const char *why)
{
    canary.trial.state = state;
    snprintf(canary.trial.why, sizeof canary.trial.why, "%s", why);
}

static int check_base(uint64_t base, struct err *err)
{
    struct revision newest;
    uint64_t number = 0;

    if (revisions_head(cluster_db(), &newest, NULL) == 1) {
        number = newest.number;
        revision_clear(&newest);
    }
    return number == base ? 0
                          : err_set(err,
                                    "they were made from revision %llu, here %llu is the "
                                    "newest",
                                    (unsigned long long)base, (unsigned long long)number);
}

/* As a revision is: compiled, tested, its lists made. */
static int check_text(struct span text, struct err *err)
{
    struct revision_report report;
    struct ruleset *rules = revision_check(text, "rules", &report);
    int state = -1;

    if (rules != NULL)
        state = first_start_lists(cluster_settings(), cluster_db(), rules, false, err);
    else
        err_set(err, "they do not hold here: %zu errors, %zu of %zu tests fail: %.300s",
                report.errors, report.failed, report.tests,
                str_cstr(report.errors > 0 ? &report.problems : &report.failures));
    ruleset_unpin(&rules);
    revision_report_clear(&report);
    return state;
}

static int put_in_force(const struct canary_order *order, struct err *err)
{
    struct err second;

    if (check_base(order->base, err) != 0 || check_text(str_span(&order->text), err) != 0)
        return -1;
    trial_set(order->base, str_span(&order->text));
    if (publish_now(err) >= 0)
        return 0;
    trial_end();
    publish_now(&second);
    return -1;
}

void canary_trial_begin(const struct canary_order *order)
{
    struct err err;

    canary.trial = (struct canary_trial){.number = order->number,
                                         .base = order->base,
                                         .begun_ms = clock_mono_ms(),
                                         .for_ms = (int64_t)order->for_s * 1000,
                                         .at_begin = canary.rates.total};
    rates_hour(&canary.rates, canary.trial.begun_ms, &canary.trial.before);
    hash_sha256_hex(str_span(&order->text), canary.trial.sha256);
    err_reset(&err);
    if (put_in_force(order, &err) == 0) {
        canary.trial.is_in_force = true;
        note("trial", "");
        log_info("canary: rules %.12s by %s are on trial here for %u s", canary.trial.sha256,
                 order->author, order->for_s);
    } else {
        note("refused", err.text);
        log_warn("canary: the rules to be tried here are refused: %s", err.text);
    }
}

void canary_trial_end(const char *state, const char *why)
{
    struct err err;

    if (!canary.trial.is_in_force)
        return;
    canary.trial.is_in_force = false;
    note(state, why);
    trial_end();
    publish_now(&err); /* a failure is said there */
    log_info("canary: the trial here is over: %s", why);
}

/* Another revision is the newest: its own text in most cases. */
static bool is_overtaken(struct str *why)
{
    struct revision newest;
    bool is;

    if (revisions_head(cluster_db(), &newest, NULL) != 1)
        return false;
    is = newest.number != canary.trial.base;
    if (is)
        str_printf(why, "%s revision %llu",
                   strcmp(newest.sha256, canary.trial.sha256) == 0 ? "adopted as"
                                                                   : "overtaken by",
                   (unsigned long long)newest.number);
    revision_clear(&newest);
    return is;
}

static void during(struct rates_counts *counts_r)
{
    rates_between(&canary.trial.at_begin, &canary.rates.total, counts_r);
}

/* True when it has to end; why says for what. */
static bool is_over(int64_t left_ms, struct str *why)
{
    struct rates_counts counts;
    enum rates_verdict verdict;

    if (is_overtaken(why))
        return true;
    during(&counts);
    verdict = rates_judge(&canary.trial.before, &counts, why);
    if (verdict == RATES_BREACH || (verdict == RATES_TOO_FEW && left_ms <= 0))
        return true;
    str_reset(why);
    if (left_ms <= 0 && strcmp(canary.trial.state, "trial") == 0)
        note("passed", "");
    if (left_ms > -CANARY_WAIT_MS)
        return false;
    str_printf(why, "the node that began it did not adopt it within %d s",
               CANARY_WAIT_MS / 1000);
    return true;
}

static int64_t left(void)
{
    return canary.trial.begun_ms + canary.trial.for_ms - clock_mono_ms();
}

void canary_trial_tick(void)
{
    struct str why = STR_EMPTY;

    if (canary.trial.is_in_force && is_over(left(), &why))
        canary_trial_end("ended", str_cstr(&why));
    str_clear(&why);
}

static json_t *counts_row(const struct rates_counts *counts)
{
    return json_pack("{s:I,s:I,s:I,s:I}", "decisions", (json_int_t)counts->decisions,
                     "rejected", (json_int_t)counts->rejected, "deferred",
                     (json_int_t)counts->deferred, "errors", (json_int_t)counts->errors);
}

json_t *canary_trial_row(void)
{
    const struct canary_trial *trial = &canary.trial;
    struct rates_counts counts;
    json_t *row;

    if (trial->number == 0)
        return NULL;
    row = json_pack("{s:I,s:s,s:s}", "number", (json_int_t)trial->number, "state", trial->state,
                    "sha256", trial->sha256);
    json_object_set_new(row, "why", control_text(span_of(trial->why)));
    if (!trial->is_in_force)
        return row;
    during(&counts);
    json_object_set_new(row, "left_s", json_integer(left() > 0 ? left() / 1000 : 0));
    json_object_set_new(row, "before", counts_row(&trial->before));
    json_object_set_new(row, "during", counts_row(&counts));
    return row;
}
