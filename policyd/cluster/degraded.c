/* degraded.c - shared counters and greylist while Redis does not answer. */
#include "policyd/cluster/degraded.h"

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "policyd/cluster/cluster.h"
#include "policyd/health.h"

static struct {
    const char *name, *goes_on;
    _Atomic int64_t bad_ms; /* the last failure; 0: in order */
} each[DEGRADED_COUNT] = {
    [DEGRADED_COUNTERS] = {.name = "shared counters", .goes_on = "this node counts by itself"},
    [DEGRADED_GREYLIST] = {.name = "shared greylist", .goes_on = "what is not known passes"}};

void degraded_note(enum degraded what, bool is_bad, const char *why)
{
    int64_t before = atomic_exchange(&each[what].bad_ms, is_bad ? clock_mono_ms() : 0);

    if (is_bad || before != 0)
        health_set(each[what].name, is_bad, LOG_LEVEL_WARN, "degraded: %s; %s", why,
                   each[what].goes_on);
}

void degraded_look(void)
{
    bool is_up = cluster_redis_counters() != NULL && redis_is_up(cluster_redis_counters());

    for (int i = 0; i < DEGRADED_COUNT; i++) {
        int64_t bad_ms = atomic_load(&each[i].bad_ms);

        if (bad_ms != 0 && is_up && clock_mono_ms() - bad_ms >= DEGRADED_MS)
            degraded_note((enum degraded)i, false, "");
    }
}
