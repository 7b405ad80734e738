/* Signing an entry, where the administrators' key lies. */
#include "policyd/cluster/ledger_inside.h"

#include <stdlib.h>

#include "base/clock.h"
#include "policyd/cluster/membership.h"

void ledger_signers(struct str *out)
{
    struct node_seen *nodes;
    size_t count = membership_list(false, &nodes), found = 0;

    for (size_t i = 0; i < count; i++)
        if (nodes[i].state == NODE_ALIVE &&
            json_is_true(json_object_get(nodes[i].heartbeat, "has_signing_key")))
            str_printf(out, "%s%s", found++ > 0 ? " or " : "", nodes[i].member.name);
    if (found == 0)
        str_adds(out, "a node with the signing key (none is seen alive)");
    membership_free(&nodes, count);
}

static int no_key(struct err *err)
{
    struct str names = STR_EMPTY;

    ledger_signers(&names);
    err_set(err, "this node holds no signing key; run it on %s", str_cstr(&names));
    str_clear(&names);
    return -1;
}

int ledger_sign(struct envelope *e, struct str *out, struct err *err)
{
    struct identity identity;
    int state;

    if (!identity_get(&identity))
        return err_set(err, "this node is no member of a cluster");
    if (!identity.has_signing_key)
        return no_key(err);
    e->cluster = span_of(identity.cluster);
    if (e->time_ms == 0)
        e->time_ms = clock_now_ms();
    state = envelope_sign(out, e, &identity.signing, err);
    explicit_bzero(&identity, sizeof identity);
    e->cluster = SPAN("");
    return state;
}
