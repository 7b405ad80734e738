/* In place of base/clock.c: the wall clock stands where a test sets it (set_clock.h), the other one runs. */
#include "t/lib/set_clock.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

static _Atomic int64_t wall_ms = 1795305600000; /* 2026-11-22T00:00:00Z */
static _Atomic int64_t hurry_ms, ahead_ms;

void set_clock(int64_t ms)
{
    atomic_store(&wall_ms, ms);
}

int64_t clock_now_ms(void)
{
    return atomic_load(&wall_ms);
}

void set_clock_hurry(int64_t ms)
{
    atomic_store(&hurry_ms, ms);
}

int64_t clock_mono_ms(void)
{
    int64_t ahead = atomic_fetch_add(&ahead_ms, atomic_load(&hurry_ms));
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ahead;
}
