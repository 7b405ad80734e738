/* What `status` says of DNS, the same for both daemons. */
#ifndef CONTROL_DNS_STATUS_H
#define CONTROL_DNS_STATUS_H
#include <jansson.h>
#include <stdbool.h>

/* Adds counts to row, and to problems what does not work; true when all does. */
bool dns_status_set(json_t *row, json_t *problems);
#endif
