/* Times as people write them to milter-ctl: "2h", "30m", "14d" ago, or a moment in UTC, "2026-11-22", "2026-11-22T10:30", "2026-11-22T10:30:15Z". */
#ifndef CTL_TIMES_H
#define CTL_TIMES_H
#include <stdint.h>
#include "base/err.h"

/* Milliseconds since 1970. -1 with a text. */
int time_parse(const char *text, int64_t now_ms, int64_t *ms_r, struct err *err);
#endif
