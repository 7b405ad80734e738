/* Comparing this node's quarantine with its part of the shared index, page by page; for the index's thread alone. */
#ifndef CLUSTER_QUARANTINE_COMPARE_H
#define CLUSTER_QUARANTINE_COMPARE_H
#include "base/err.h"

/* Writes what differs, removes what is gone. -1: not to its end (Redis, or the milter). */
int quarantine_compare(const char *node, struct err *err);
/* This one was changed besides: it is written again next time. */
void quarantine_compare_changed(const char *id);
/* What was written may be lost: all of it is written again. */
void quarantine_compare_forget(void);
#endif
