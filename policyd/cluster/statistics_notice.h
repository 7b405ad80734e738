/* From a notice of the milter, and from an answer of policyd, to what is counted. */
#ifndef CLUSTER_STATISTICS_NOTICE_H
#define CLUSTER_STATISTICS_NOTICE_H
#include <jansson.h>
#include "engine/snapshot.h"
#include "facts/facts.h"
#include "rules/verdict.h"

/* A taker of notices (policyd/notices.h). */
void statistics_notice(const json_t *notice);
/* A policy request that was decided; called by the policy loop. took_us: from the request to its answer. */
void statistics_request(const struct snapshot *snapshot, const struct facts_view *facts,
                        const struct outcome *outcome, int64_t took_us);
#endif
