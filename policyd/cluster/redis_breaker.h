/* When to leave Redis alone: three failures in a row open the breaker, for 1 s, then twice as long each time, at most 30 s, with jitter. Pure; the
 * link's thread alone. */
#ifndef CLUSTER_REDIS_BREAKER_H
#define CLUSTER_REDIS_BREAKER_H
#include <stdbool.h>
#include <stdint.h>

#define REDIS_BREAKER_FAILURES 3
#define REDIS_BREAKER_MIN_MS   1000
#define REDIS_BREAKER_MAX_MS   30000
#define REDIS_AGAIN_MS         100 /* between two attempts while it is not open */

struct redis_breaker {
    unsigned failures; /* in a row */
    int64_t failed_ms; /* the last one that counted */
    int64_t
        backoff_ms; /* of the last opening, without jitter; 0: none since the last success */
};
/* began_ms: when what failed was begun. Things under way at the same time fail for one reason: only what was begun after the last failure
 * counts. True: the breaker is open now. */
bool redis_breaker_failure(struct redis_breaker *breaker, int64_t began_ms, int64_t now_ms);
bool redis_breaker_is_open(const struct redis_breaker *breaker);
/* How long to wait before the next attempt; random: any number. */
int64_t redis_breaker_pause(struct redis_breaker *breaker, uint32_t random);
void redis_breaker_success(struct redis_breaker *breaker); /* something was answered */
#endif
