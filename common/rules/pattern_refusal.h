/* Patterns that are refused before they are compiled. Private to the front half of rules/. */
#ifndef RULES_PATTERN_REFUSAL_H
#define RULES_PATTERN_REFUSAL_H
#include "base/span.h"

/* What is wrong and what would be right, or NULL. */
const char *pattern_refusal(struct span text);
#endif
