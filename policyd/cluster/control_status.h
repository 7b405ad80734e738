/* The part of `status` that is the cluster's. */
#ifndef CLUSTER_CONTROL_STATUS_H
#define CLUSTER_CONTROL_STATUS_H
#include <jansson.h>
#include <stdbool.h>

/* Sets "cluster" in the row of `status`, when one is configured. True when all of it is in order. Blocks for Redis. */
bool cluster_status_set(json_t *row);
#endif
