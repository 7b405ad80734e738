/* At start: who belongs to the cluster, from the entries this node has applied. They were verified when they came. */
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/members_inside.h"
#include "policyd/cluster/ledger_inside.h"
#include "policyd/cluster/rotate.h"
#include "policyd/health.h"
#include "store/cluster_key.h"
#include "store/ledger_store.h"

static int apply_stored(uint64_t number, struct err *err)
{
    struct str bytes = STR_EMPTY, own = STR_EMPTY;
    struct envelope e = {.number = 0};
    struct span payload;
    int result = ledger_store_get(cluster_db(), SPAN("members"), number, &bytes, err);

    if (result == 0)
        err_set(err, "it is missing");
    result = result == 1 ? envelope_parse(str_span(&bytes), &e, err) : -1;
    if (result == 0)
        result = ledger_payload(&e, &own, &payload, err);
    if (result >= 0)
        result = members_apply(&e, payload, err);
    envelope_clear(&e);
    str_clear(&own);
    str_clear(&bytes);
    return result < 0 ? err_prefix(err, "entry %llu of `members` in policyd.db",
                                   (unsigned long long)number)
                      : 0;
}

static int rebuild(struct err *err)
{
    struct ledger_head head;
    int found = ledger_store_head(cluster_db(), SPAN("members"), &head, err);

    if (found == 0)
        return err_set(err,
                       "policyd.db lacks the cluster's members, though this node is one; say "
                       "`milter-ctl cluster leave`, and join again");
    for (uint64_t number = 1; found == 1 && number <= head.number; number++)
        if (apply_stored(number, err) < 0)
            return -1;
    return found < 0 ? -1 : 0;
}

/* A join or leave that broke off left the key; with the key of others this node would take their marks for its own. */
static void drop_stray_key(void)
{
    struct cluster_key key;
    struct err err;

    cluster_key_look(cluster_settings());
    if (cluster_key_get(&key) && cluster_key_remove(cluster_settings(), &err) < 0)
        log_warn("cluster: %s", err.text);
    explicit_bzero(&key, sizeof key);
}

/* Whatever is wrong with them, mail goes on, and `cluster leave` can be said. */
int members_begin(struct err *err)
{
    bool is_bad = false;

    members_reset();
    if (cluster_db() == NULL)
        return 0;
    if (!cluster_is_member())
        drop_stray_key();
    else if (rebuild(err) < 0)
        is_bad = true;
    else
        rotate_finish(cluster_settings()->state_dir);
    health_set("cluster members", is_bad, LOG_LEVEL_ERROR,
               "%s; nothing is taken from the cluster, what is in force stays",
               is_bad ? err->text : "");
    return 0;
}

void members_end(void)
{
}
