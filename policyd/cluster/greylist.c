/* greylist.c - the port of the greylist: this node's, or the cluster's. */
#include "base/clock.h"
#include "policyd/cluster/counters_secret.h"
#include "policyd/cluster/greylist_local.h"
#include "policyd/cluster/greylist_shared.h"

static void look(struct greylist_look *look)
{
    struct greylist_key key;

    if (greylist_shared_look(look))
        return;
    greylist_key_make(counters_secret(), &look->triplet, &key);
    look->age = greylist_local_look(&key, clock_now_ms(), look->is_trial);
    look->done(look);
}

static void passed(const struct greylist_triplet *triplet)
{
    struct greylist_key key;

    if (greylist_shared_passed(triplet))
        return;
    greylist_key_make(counters_secret(), triplet, &key);
    greylist_local_passed(&key, clock_now_ms());
}

const struct greylist_port greylist_port = {.look = look, .passed = passed};
