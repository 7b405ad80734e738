/* redis_breaker.c - counts failures in a row and says how long to wait. */
#include "policyd/cluster/redis_breaker.h"

bool redis_breaker_is_open(const struct redis_breaker *breaker)
{
    return breaker->failures >= REDIS_BREAKER_FAILURES;
}

bool redis_breaker_failure(struct redis_breaker *breaker, int64_t began_ms, int64_t now_ms)
{
    if (breaker->failures == 0 || began_ms >= breaker->failed_ms) {
        breaker->failed_ms = now_ms;
        if (breaker->failures < REDIS_BREAKER_FAILURES)
            breaker->failures++;
    }
    return redis_breaker_is_open(breaker);
}

/* Within a quarter of ms either way, so that the nodes of a cluster do not all come at once. */
static int64_t jitter(int64_t ms, uint32_t random)
{
    return ms - ms / 4 + (int64_t)(random % (uint32_t)(ms / 2 + 1));
}

int64_t redis_breaker_pause(struct redis_breaker *breaker, uint32_t random)
{
    if (!redis_breaker_is_open(breaker))
        return jitter(REDIS_AGAIN_MS, random);
    breaker->backoff_ms =
        breaker->backoff_ms == 0 ? REDIS_BREAKER_MIN_MS : breaker->backoff_ms * 2;
    if (breaker->backoff_ms > REDIS_BREAKER_MAX_MS)
        breaker->backoff_ms = REDIS_BREAKER_MAX_MS;
    return jitter(breaker->backoff_ms, random);
}

void redis_breaker_success(struct redis_breaker *breaker)
{
    *breaker = (struct redis_breaker){0};
}
