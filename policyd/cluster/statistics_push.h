/* Sends the hours of this node to Redis: each that changed since Redis took it, a few seconds after; those that Redis was away for when it is back. What Redis
 * has lost (restarted empty, a replica that lacked the last writes) is sent again: looked for after each reconnection and every ten minutes.
 * Absolute counts: to send them twice changes nothing. */
#ifndef CLUSTER_STATISTICS_PUSH_H
#define CLUSTER_STATISTICS_PUSH_H
#include "base/err.h"

#define STATISTICS_PUSH_MS 5000

int statistics_push_begin(struct err *err);
void statistics_push_end(void);
#endif
