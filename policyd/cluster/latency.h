/* How long something took, as counts in fixed buckets: four for each doubling from 16 µs to about five minutes, so that a quantile is at most a quarter too
 * high. Histograms of all nodes and hours add up. Pure. */
#ifndef CLUSTER_LATENCY_H
#define CLUSTER_LATENCY_H
#include <stddef.h>
#include <stdint.h>

#define LATENCY_BUCKETS 98

struct latency {
    uint64_t of[LATENCY_BUCKETS];
};
size_t latency_bucket(uint64_t us);
/* What took least among what falls into a later bucket: the end of this one, in µs. */
uint64_t latency_limit(size_t bucket);
void latency_add(struct latency *latency, uint64_t us);
void latency_merge(struct latency *to, const struct latency *from);
uint64_t latency_count(const struct latency *latency);
/* The time in µs below which `percent` of 100 stay, as the end of its bucket; 0 when nothing was measured. */
uint64_t latency_quantile(const struct latency *latency, unsigned percent);
#endif
