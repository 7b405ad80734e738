/* dnsbl_health.c - which lists answer: one that fails time and again is left out for a while, then tried with a single question. */
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "checks/dnsbl_list.h"
#include "dns/dns.h"

void dnsbl_list_init(struct dnsbl_list *list, const struct dnsbl_zone *zone,
                     enum dnsbl_kind kind)
{
    *list = (struct dnsbl_list){.zone = *zone, .kind = kind};
    pthread_mutex_init(&list->lock, NULL);
    snprintf(list->log_key, sizeof list->log_key, "%s %.*s", dnsbl_kinds[kind].title,
             SPAN_ARG(zone->name));
}

bool dnsbl_is_out(struct dnsbl_list *list)
{
    bool is_out;

    pthread_mutex_lock(&list->lock);
    is_out = list->out_for > 0 || list->lists_all;
    pthread_mutex_unlock(&list->lock);
    return is_out;
}

enum dnsbl_turn dnsbl_turn(struct dnsbl_list *list)
{
    enum dnsbl_turn turn = DNSBL_ASK;

    pthread_mutex_lock(&list->lock);
    if (list->lists_all) {
        turn = DNSBL_LEAVE_OUT;
    } else if (list->out_for > 0) {
        bool is_due = !list->is_tried && clock_mono_ms() >= list->out_until;
        list->is_tried |= is_due;
        turn = is_due ? DNSBL_TRY : DNSBL_LEAVE_OUT;
    }
    pthread_mutex_unlock(&list->lock);
    return turn;
}

/* When no name server answers at all, that is not this list's fault. */
static bool is_its_fault(void)
{
    struct dns_counts counts;

    dns_count(&counts);
    return !counts.is_silent;
}

static void leave_out(struct dnsbl_list *list, int64_t duration)
{
    list->out_for = duration < DNSBL_OUT_MAX ? duration : DNSBL_OUT_MAX;
    list->out_until = clock_mono_ms() + list->out_for;
}

/* Lost packets and a slow answer are not worth a line; refusals, and one failure after another, are. */
static void note_failure(struct dnsbl_list *list, enum dnsbl_said said, const char *why)
{
    list->failed_at = clock_mono_ms();
    if (list->out_for == 0 && ++list->failures >= DNSBL_FAILURES)
        leave_out(list, DNSBL_OUT_MS);
    if (said == DNSBL_FAILED && list->out_for == 0)
        return;
    list->is_troubled = true;
    snprintf(list->trouble, sizeof list->trouble, "%s", why);
}

/* A list that answers now and then only is not called in order at each answer. */
static void note_answer(struct dnsbl_list *list)
{
    list->failures = 0;
    if (clock_mono_ms() - list->failed_at >= DNSBL_CALM_MS)
        list->is_troubled = list->lists_all;
}

static void note_try(struct dnsbl_list *list, enum dnsbl_said said, const char *why)
{
    list->is_tried = false;
    if (said == DNSBL_LISTED || said == DNSBL_NOT_LISTED) {
        list->out_for = 0;
        list->failures = 0;
        list->is_troubled = list->lists_all;
    } else if (said != DNSBL_NOT_ASKED) {
        leave_out(list, list->out_for * 2);
        list->failed_at = clock_mono_ms();
        snprintf(list->trouble, sizeof list->trouble, "%s", why);
    }
}

static void note(struct dnsbl_list *list, enum dnsbl_said said, const char *why, bool is_try)
{
    bool is_answer = said == DNSBL_LISTED || said == DNSBL_NOT_LISTED;

    if (is_try)
        note_try(list, said, why);
    else if (list->out_for > 0 || said == DNSBL_NOT_ASKED)
        return; /* asked before it was left out: the try will tell */
    else if (is_answer)
        note_answer(list);
    else
        note_failure(list, said, why);
}

void dnsbl_note(struct dnsbl_list *list, enum dnsbl_said said, const char *why, bool is_try)
{
    bool was_troubled, is_troubled;
    char text[DNSBL_TEXT];

    if (said == DNSBL_FAILED && !is_its_fault())
        said = DNSBL_NOT_ASKED;
    pthread_mutex_lock(&list->lock);
    was_troubled = list->is_troubled;
    note(list, said, why, is_try);
    is_troubled = list->is_troubled;
    memcpy(text, list->trouble, sizeof text);
    pthread_mutex_unlock(&list->lock);
    if (was_troubled != is_troubled)
        log_state(list->log_key, is_troubled, LOG_LEVEL_WARN,
                  "%s; what does not answer lists nobody, and after %d failures in a row it is "
                  "only asked once in a while",
                  text, DNSBL_FAILURES);
}

bool dnsbl_list_trouble(struct dnsbl_list *list, char text_r[DNSBL_TEXT])
{
    bool is_troubled;
    int64_t left;

    pthread_mutex_lock(&list->lock);
    is_troubled = list->is_troubled;
    left = (list->out_until - clock_mono_ms() + 999) / 1000;
    if (list->out_for > 0)
        snprintf(text_r, DNSBL_TEXT,
                 "left out, counts as not listing, is tried again in %d s: %.180s",
                 left > 0 ? (int)left : 0, list->trouble);
    else
        snprintf(text_r, DNSBL_TEXT, "%s", list->trouble);
    pthread_mutex_unlock(&list->lock);
    return is_troubled;
}
