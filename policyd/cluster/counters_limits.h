/* The limits of the rules in force, by counter; looked up again when the rules change. Thread-safe. */
#ifndef CLUSTER_COUNTERS_LIMITS_H
#define CLUSTER_COUNTERS_LIMITS_H
#include "base/span.h"

/* The next limit at or above reading; -1: none, or not known. */
int64_t counters_limit(struct span name, int64_t reading);
#endif
