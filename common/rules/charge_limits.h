/* The limits that a rule set compares a counter with. Pure. */
#ifndef RULES_CHARGE_LIMITS_H
#define RULES_CHARGE_LIMITS_H
#include "rules/ruleset.h"

#define CHARGE_LIMITS_MAX 16
struct charge_limits {
    size_t count;
    int64_t of[CHARGE_LIMITS_MAX]; /* ascending */
    bool
        is_open; /* compared with something else than a number, or with more of them: any reading may matter */
};
/* Of the rules that are not (off), in both modes. */
void charge_limits_find(const struct ruleset *rules, struct span name,
                        struct charge_limits *limits_r);
/* The smallest limit at or above reading; -1: none, or it cannot be said. */
int64_t charge_limits_above(const struct charge_limits *limits, int64_t reading);
#endif
