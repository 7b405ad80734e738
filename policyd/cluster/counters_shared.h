/* The cluster's counters, in Redis (counters_script.h): read at RCPT, charged in batches by a thread, with leases (leases.h) so that most readings need
 * no round trip. Never waits. */
#ifndef CLUSTER_COUNTERS_SHARED_H
#define CLUSTER_COUNTERS_SHARED_H
#include "checks/ports.h"

int counters_shared_begin(
    struct err *err); /* once a node is a member it shares; until then nothing happens */
void counters_shared_end(void); /* sends what waits, for a moment */
/* readings hold what this node counted itself. False: that is all there is (no member). True: done is called, now or later. */
bool counters_shared_read(struct counter_read *read);
/* age_ms: since it was delivered. Nothing when this node is no member. */
void counters_shared_charge(const struct counter_ask *ask, int64_t age_ms);
#endif
