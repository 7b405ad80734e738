/* latency.c - a histogram in fixed buckets. */
#include "policyd/cluster/latency.h"
#include "policyd/cluster/tally.h"

#define FIRST_BITS 4 /* the first bucket ends at 16 µs */

size_t latency_bucket(uint64_t us)
{
    unsigned bits;
    size_t bucket;

    if (us < (1u << FIRST_BITS))
        return 0;
    bits = 63 - (unsigned)__builtin_clzll(us); /* 2^bits <= us */
    bucket = 1 + 4 * (size_t)(bits - FIRST_BITS) + (size_t)((us >> (bits - 2)) & 3);
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

uint64_t latency_limit(size_t bucket)
{
    unsigned bits;

    if (bucket == 0)
        return 1u << FIRST_BITS;
    bits = FIRST_BITS + (unsigned)((bucket - 1) / 4);
    return (uint64_t)(4 + (bucket - 1) % 4 + 1) << (bits - 2);
}

void latency_add(struct latency *latency, uint64_t us)
{
    latency->of[latency_bucket(us)]++;
}

void latency_merge(struct latency *to, const struct latency *from)
{
    for (size_t i = 0; i < LATENCY_BUCKETS; i++)
        to->of[i] = tally_sum(to->of[i], from->of[i]);
}

uint64_t latency_count(const struct latency *latency)
{
    uint64_t count = 0;

    for (size_t i = 0; i < LATENCY_BUCKETS; i++)
        count = tally_sum(count, latency->of[i]);
    return count;
}

uint64_t latency_quantile(const struct latency *latency, unsigned percent)
{
    uint64_t all = latency_count(latency), seen = 0;
    uint64_t wanted = all / 100 * percent + (all % 100 * percent + 99) / 100;

    if (all == 0)
        return 0;
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        seen = tally_sum(seen, latency->of[i]);
        if (seen >= wanted)
            return latency_limit(i);
    }
    return latency_limit(LATENCY_BUCKETS - 1);
}
