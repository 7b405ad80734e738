/* May this text be a revision? The same answer at the administrator's shell, when it is applied, and wherever it is loaded. */
#ifndef ENGINE_REVISION_CHECK_H
#define ENGINE_REVISION_CHECK_H
#include "rules/rule_test.h"

struct revision_report {
    struct str problems; /* as problems_print writes them: errors and warnings */
    size_t errors, warnings;
    size_t tests, failed;
    struct str failures; /* one line a failed test */
};

/* Compiles, asks whether this build can do it all, runs the tests. NULL: not acceptable, the report says why. file: for the texts.
 * The report is filled in both cases; clear it. */
struct ruleset *revision_check(struct span text, const char *file,
                               struct revision_report *report);
void revision_report_clear(struct revision_report *report);
/* What speaks against it, in short. Returns -1. */
int revision_report_err(const struct revision_report *report, struct err *err);
#endif
