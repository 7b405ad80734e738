/* The checks of `[policy]` that look at what was before: counters (count, sum, distinct) and the greylist's age of a triplet. */
#ifndef CHECKS_COUNTING_H
#define CHECKS_COUNTING_H
#include "checks/check.h"
#include "rules/lists.h"
#include "rules/verdict.h"

extern const struct check counters_check;
extern const struct check greylist_check;

/* What follows from an outcome that takes the recipient (rule-language: effects are carried out after the evaluation): it is promised to its
 * counters, and a triplet that a greylist let through is noted as passed. */
void counting_follow(const struct outcome *outcome, const struct lists *lists,
                     const struct facts_view *view, struct span transaction);
#endif
