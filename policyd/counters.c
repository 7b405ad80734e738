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
