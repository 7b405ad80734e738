/* In place of base/clock.c: the wall clock stands where a test sets it (set_clock.h), the other one runs. */
#include "t/lib/set_clock.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

static _Atomic int64_t wall_ms = 1795305600000; /* 2026-11-22T00:00:00Z */

void set_clock(int64_t ms)
{
    atomic_store(&wall_ms, ms);
}

int64_t clock_now_ms(void)
{
    return atomic_load(&wall_ms);
}

int64_t clock_mono_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
