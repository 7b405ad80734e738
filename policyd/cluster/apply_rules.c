/* A revision from the cluster: checked as one applied here, stored under its own number. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "engine/revision_check.h"
#include "policyd/cluster/apply.h"
#include "policyd/cluster/cluster.h"
#include "policyd/first_start.h"
#include "store/ledger_store.h"
#include "store/revisions.h"

static int check(struct span text, struct err *err)
{
    struct revision_report report;
    struct ruleset *rules = revision_check(text, "rules", &report);
    int state = rules == NULL
                    ? revision_report_err(&report, err)
                    : first_start_lists(cluster_settings(), cluster_db(), rules, false, err);

    ruleset_unpin(&rules);
    revision_report_clear(&report);
    return state;
}

int apply_rules_prepare(const struct envelope *e, struct span payload, struct err *err)
{
    if (e->language > RULES_LANGUAGE)
        return err_set(err,
                       "it is written in version %u of the language, this release reads %d; "
                       "upgrade this node",
                       e->language, RULES_LANGUAGE);
    if (payload.len == 0 || payload.len > RULES_MAX_BYTES)
        return err_set(err, "a revision has 1 to %d bytes, not %zu", RULES_MAX_BYTES,
                       payload.len);
    return check(payload, err);
}

static char *keep(struct span s, size_t max, const char *missing)
{
    return s.len == 0 ? xstrdup(missing) : xstrndup(s.ptr, s.len < max ? s.len : max);
}

int apply_rules(const struct envelope *e, struct span payload, struct err *err)
{
    struct ledger_head head;
    struct revision revision = {.number = e->number,
                                .time_ms = e->time_ms,
                                .author = keep(e->author, REVISIONS_MAX_AUTHOR, "unknown"),
                                .note = keep(e->note, REVISIONS_MAX_NOTE, ""),
                                .text = payload};
    int state = ledger_store_head(cluster_db(), SPAN("rules"), &head, err);

    /* What was here before this node joined has numbers of its own. */
    if (state >= 0)
        state = revisions_take(cluster_db(), &revision, state == 0, err);
    revision_clear(&revision);
    return state;
}

int apply_rules_whole(struct span subject, struct str *payload, struct err *err)
{
    struct revision head;
    int state = revisions_head(cluster_db(), &head, err);

    (void)subject;
    if (state == 1)
        str_add(payload, head.text);
    else if (state == 0)
        err_set(err, "there is no revision");
    revision_clear(&head);
    return state == 1 ? 0 : -1;
}
