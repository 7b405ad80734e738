/* Recipients of a message that were taken and are not delivered yet: a client that sends many recipients in one message is counted for each of them
 * already at the next. Known by Postfix's `instance`. Bounded: PROMISES_MAX messages and PROMISES_MAX_ENTRIES in all, the oldest go first; ten
 * minutes after its last recipient a message is forgotten. Thread-safe, never waits. */
#ifndef CLUSTER_PROMISES_H
#define CLUSTER_PROMISES_H
#include "policyd/cluster/counters_key.h"

#define PROMISES_MAX         10000
#define PROMISES_MAX_ENTRIES 200000
#define PROMISES_KEEP_MS     600000

void promises_add(struct span transaction, const struct counter_ask *ask,
                  const struct counters_key *key);
/* recipients: how many were promised under this key. distinct: their members are appended (without this one's own, and each once), and how many is
 * returned. Of other kinds 0. */
size_t promises_read(struct span transaction, const struct counter_ask *ask,
                     const struct counters_key *key, struct str *members);
void promises_clear(void);
#endif
