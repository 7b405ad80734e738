/* What `status` says of block lists and MaxMind files: the same in both programs. */
#ifndef CONTROL_LISTS_STATUS_H
#define CONTROL_LISTS_STATUS_H
#include <jansson.h>
#include <stdbool.h>

/* Adds counts and dates to row, and what is out of order to problems. True when nothing is. */
bool lists_status_set(json_t *row, json_t *problems);
#endif
