/* Rules on trial: put in force instead of the newest revision, without becoming one. What is published then has the number of that revision
 * (the base) and the sha256 of the text on trial; the manifest says so, and each decision made by it. In memory alone: a start ends it. Thread-safe. */
#ifndef POLICYD_TRIAL_H
#define POLICYD_TRIAL_H
#include "base/span.h"
#include "base/str.h"
#include <stdint.h>

void trial_set(uint64_t base, struct span text); /* then publish_now */
void trial_end(void);                            /* likewise */
/* Its text appended, when there is one for this newest revision; false: none. */
bool trial_get(uint64_t newest, struct str *text);
#endif
