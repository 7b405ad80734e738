/* The thread that sends charges to Redis, in batches, each until it is acknowledged: numbered, so that one that came twice counts once. */
#ifndef CLUSTER_COUNTERS_SENDER_H
#define CLUSTER_COUNTERS_SENDER_H
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

int counters_sender_begin(struct err *err);
void counters_sender_end(void); /* sends what waits, for a moment */
void counters_sender_wake(void);
bool counters_sender_is_idle(void); /* Redis has acknowledged all */
/* The drawer of a counter, as a key of Redis. */
struct argv;
void counters_drawer_key(struct argv *argv, const uint8_t name[8], const uint8_t *key);
#endif
