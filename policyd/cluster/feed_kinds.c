/* What can be signed and what becomes of it here. The order is that of a reading: who may sign comes first; rules last, when what they name is there. */
#include "policyd/cluster/apply.h"
#include "policyd/cluster/canary.h"
#include "policyd/cluster/ledger_inside.h"
#include "policyd/cluster/members.h"

const struct ledger_kind ledger_kinds[] = {
    {.subject = "members", .apply = members_apply},
    {.subject = "list/",
     .apply = apply_list,
     .whole = apply_list_whole,
     .is_published = true,
     .is_in_force = apply_list_is_in_force},
    {.subject = "domains",
     .apply = apply_domains,
     .whole = apply_domains_whole,
     .is_published = true},
    {.subject = "rules",
     .apply = apply_rules,
     .prepare = apply_rules_prepare,
     .whole = apply_rules_whole,
     .is_published = true},
    {.subject = "canary", .apply = canary_apply},
    {.subject = NULL},
};

const struct ledger_kind *ledger_kind_find(struct span subject)
{
    for (const struct ledger_kind *k = ledger_kinds; k->subject != NULL; k++) {
        struct span name = span_of(k->subject);

        if (span_ends(name, SPAN("/")) ? span_starts(subject, name) && subject.len > name.len
                                       : span_equal(subject, name))
            return k;
    }
    return NULL;
}
