/* Linear-time patterns (vectorscan; the only file that includes hs.h is pattern.c). Text is made valid UTF-8 before it is matched. */
#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H
#include "base/err.h"
#include "base/span.h"

struct patterns;
struct pattern_source {
    struct span text; /* between the slashes */
    bool ignore_case;
};
/* Refused with a taught error: backreferences, lookaround (say so), patterns that match the empty string, syntax errors with the position,
 * a CPU without what vectorscan needs. *failed_r: index of the pattern at fault. */
struct patterns *patterns_compile(const struct pattern_source *sources, size_t count,
                                  size_t *failed_r, struct err *err);
void patterns_free(struct patterns **patterns);
/* True when one matches somewhere in text. Thread-safe (scratch per call from a small pool inside). */
bool patterns_match(const struct patterns *patterns, struct span text, size_t *which_r);
#endif
