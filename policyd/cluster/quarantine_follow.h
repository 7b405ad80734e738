/* Keeps the shared index (quarantine_shared.h) in step with this node's quarantine: at once by what the milter tells, and by a comparison of the
 * whole at each connection and each 5 minutes. What could not be written meanwhile is caught by that. */
#ifndef CLUSTER_QUARANTINE_FOLLOW_H
#define CLUSTER_QUARANTINE_FOLLOW_H
#include <jansson.h>
#include "base/err.h"

/* Before notices_begin: it registers what it wants to be told. */
int quarantine_follow_begin(struct err *err);
void quarantine_follow_end(void);
/* A connection to Redis was made: what it has may be older than what was written. Any thread, at once. */
void quarantine_follow_doubt(void);
#endif
