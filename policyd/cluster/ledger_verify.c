/* Is this the entry it should be? Nothing of one that is not is ever applied. */
#include <stdio.h>

#include "policyd/cluster/ledger_inside.h"
#include "policyd/cluster/members.h"

static int check_names(const struct envelope *e, const struct ledger_expected *expected,
                       struct err *err)
{
    struct identity identity;

    if (!identity_get(&identity))
        return err_set(err, "this node is no member of a cluster");
    if (!span_is(e->cluster, identity.cluster))
        return err_set(err, "it is of the cluster %.*s", SPAN_ARG(e->cluster));
    if (!span_equal(e->subject, expected->subject))
        return err_set(err, "it is of %.*s", SPAN_ARG(e->subject));
    if (e->number != expected->number)
        return err_set(err, "it is entry %llu", (unsigned long long)e->number);
    return 0;
}

static int check_signature(struct span bytes, const struct envelope *e, struct err *err)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    if (!members_signer(e->signer, e->subject, e->number, public_key))
        return err_set(err,
                       "it is signed by %s, which is no key of this cluster's "
                       "administrators (any more)",
                       e->signer);
    if (!envelope_verify(bytes, e, public_key))
        return err_set(err, "its signature is wrong");
    return 0;
}

static bool fits(const struct envelope *e, const char *parent)
{
    if (parent == NULL || strcmp(e->parent, parent) == 0)
        return true;
    for (size_t i = 0; i < e->supersedes_count && e->base == e->number; i++)
        if (strcmp(e->supersedes[i], parent) == 0)
            return true;
    return false;
}

enum ledger_verdict ledger_verify(struct span bytes, const struct ledger_expected *expected,
                                  struct envelope *e_r, struct err *err)
{
    struct err why;

    *e_r = (struct envelope){0};
    if (envelope_parse(bytes, e_r, &why) < 0 || check_names(e_r, expected, &why) < 0 ||
        check_signature(bytes, e_r, &why) < 0) {
        err_set(err, "entry %llu of %.*s in Redis is not genuine: %s",
                (unsigned long long)expected->number, SPAN_ARG(expected->subject), why.text);
        return LEDGER_IS_FORGED;
    }
    if (fits(e_r, expected->parent))
        return LEDGER_IS_GOOD;
    err_set(err,
            "entry %llu of %.*s in Redis is genuine but does not follow what this node has: "
            "administrators have written two histories",
            (unsigned long long)expected->number, SPAN_ARG(expected->subject));
    return LEDGER_IS_FORK;
}

void ledger_head_of(const struct envelope *e, struct ledger_head *head_r)
{
    *head_r = (struct ledger_head){.number = e->number, .base = e->base};
    snprintf(head_r->subject, sizeof head_r->subject, "%.*s", SPAN_ARG(e->subject));
    snprintf(head_r->hash, sizeof head_r->hash, "%s", e->hash);
}
