/* The routing loops stopped last, for `milter-ctl status`. Thread-safe. */
#ifndef POLICYD_LOOPS_H
#define POLICYD_LOOPS_H
#include "base/span.h"

#define LOOPS_KEPT 10

/* text is printable ASCII (a line of the log). */
void loops_note(struct span text, int64_t time_ms);
/* The index-th last: 0 is the newest. False past the end. text_r is cut to its room. */
bool loops_last(size_t index, char *text_r, size_t room, int64_t *time_ms_r);
#endif
