/* Prints an outcome for people: which rule decided, which applied, warned, were held back or lacked a fact, with the facts used. */
#ifndef RULES_EXPLAIN_H
#define RULES_EXPLAIN_H
#include "rules/verdict.h"

void explain_outcome(struct str *out, const struct ruleset *rules,
                     const struct outcome *outcome);
/* One line for the log and the quarantine file: "rule=executable-attachment line=40 score=2 tags=a,b warn=busy-account unknown=looks-bad(spf)". */
void explain_line(struct str *out, const struct ruleset *rules, const struct outcome *outcome);
#endif
