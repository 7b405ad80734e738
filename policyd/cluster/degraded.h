/* What goes on without Redis, degraded: said once by the first request that got no answer, and taken back by the next one that gets it, or, while nobody
 * asks, once the link has been in order for DEGRADED_MS: `status` must not go on complaining of a Redis that is back. Thread-safe, never waits. */
#ifndef CLUSTER_DEGRADED_H
#define CLUSTER_DEGRADED_H
#include <stdbool.h>

#define DEGRADED_MS 5000

enum degraded { DEGRADED_COUNTERS, DEGRADED_GREYLIST, DEGRADED_COUNT };
/* why: of one that got no answer. */
void degraded_note(enum degraded what, bool is_bad, const char *why);
/* To be called each few seconds. */
void degraded_look(void);
#endif
