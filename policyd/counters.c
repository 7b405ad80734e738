/* counters.c - numbers for status, one atomic each. */
#include <stdatomic.h>
#include "policyd/counters.h"

static const char *const names[COUNTER__COUNT] = {
    [COUNTER_CONNECTIONS] = "connections",
    [COUNTER_REQUESTS] = "requests",
    [COUNTER_MALFORMED] = "malformed",
    [COUNTER_PASSED] = "passed",
    [COUNTER_PERMITTED] = "permitted",
    [COUNTER_VERIFIED] = "verified",
    [COUNTER_REJECTED] = "rejected",
    [COUNTER_DEFERRED] = "deferred",
    [COUNTER_LOOPS] = "loops",
};

static _Atomic uint64_t counts[COUNTER__COUNT];

void counters_add(enum counter counter, uint64_t n)
{
    atomic_fetch_add_explicit(&counts[counter], n, memory_order_relaxed);
}

void counters_set(enum counter counter, uint64_t value)
{
    atomic_store_explicit(&counts[counter], value, memory_order_relaxed);
}

uint64_t counters_get(enum counter counter)
{
    return atomic_load_explicit(&counts[counter], memory_order_relaxed);
}

const char *counters_name(enum counter counter)
{
    return names[counter];
}

/* COUNTER_REQUESTS of each of the last seconds; written by the loop, read by any thread. */
static _Atomic uint64_t seconds[COUNTERS_WINDOW_S + 1];
static _Atomic unsigned ticks;

void counters_tick(void)
{
    unsigned tick = atomic_load(&ticks) + 1;

    atomic_store(&seconds[tick % (COUNTERS_WINDOW_S + 1)], counters_get(COUNTER_REQUESTS));
    atomic_store(&ticks, tick);
}

double counters_requests_per_second(void)
{
    unsigned tick = atomic_load(&ticks);
    unsigned window = tick < COUNTERS_WINDOW_S ? tick : COUNTERS_WINDOW_S;
    uint64_t last = atomic_load(&seconds[tick % (COUNTERS_WINDOW_S + 1)]);
    uint64_t first = atomic_load(&seconds[(tick - window) % (COUNTERS_WINDOW_S + 1)]);

    return window > 0 && last >= first ? (double)(last - first) / window : 0;
}
