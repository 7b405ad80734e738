/* dnsbl_probe.c - does a list list what none may list? Then it lists everything, and nothing that it says counts. */
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "checks/dnsbl_list.h"

bool dnsbl_probe_is_due(struct dnsbl_list *list)
{
    int64_t now = clock_mono_ms();
    bool is_due;

    pthread_mutex_lock(&list->lock);
    is_due = list->probe_at <= now;
    if (is_due)
        list->probe_at = now + DNSBL_PROBE_MS;
    pthread_mutex_unlock(&list->lock);
    return is_due;
}

void dnsbl_probe_name(struct str *out, const struct dnsbl_list *list)
{
    str_printf(out, "%s.%.*s", dnsbl_kinds[list->kind].has_addresses ? "1.0.0.127" : "invalid",
               SPAN_ARG(list->zone.name));
}

static void ask_again_soon(struct dnsbl_list *list)
{
    pthread_mutex_lock(&list->lock);
    list->probe_at = clock_mono_ms() + DNSBL_PROBE_SOON;
    pthread_mutex_unlock(&list->lock);
}

/* A failure says nothing: it stays as it was. */
void dnsbl_note_probe(struct dnsbl_list *list, enum dnsbl_said said)
{
    bool lists_all = said == DNSBL_LISTED, is_other;

    if (said != DNSBL_LISTED && said != DNSBL_NOT_LISTED) {
        ask_again_soon(list);
        return;
    }
    pthread_mutex_lock(&list->lock);
    is_other = list->lists_all != lists_all;
    list->lists_all = lists_all;
    if (is_other) {
        list->is_troubled = lists_all;
        list->out_for = 0;
        list->failures = 0;
        snprintf(list->trouble, sizeof list->trouble,
                 "it lists everything, also what no list may list; take it out of %s",
                 dnsbl_kinds[list->kind].name);
    }
    pthread_mutex_unlock(&list->lock);
    if (is_other)
        log_state(list->log_key, lists_all, LOG_LEVEL_WARN,
                  "it lists everything, also what no list may list (RFC 5782 section 5): what "
                  "it says counts for nothing; take it out of %s",
                  dnsbl_kinds[list->kind].name);
}

bool dnsbl_lists_all(struct dnsbl_list *list)
{
    bool lists_all;

    pthread_mutex_lock(&list->lock);
    lists_all = list->lists_all;
    pthread_mutex_unlock(&list->lock);
    return lists_all;
}
