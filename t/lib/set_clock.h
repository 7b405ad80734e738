/* The wall clock of a test that links t/lib/set_clock.c. It begins at 2026-11-22T00:00:00Z. */
#ifndef T_LIB_SET_CLOCK_H
#define T_LIB_SET_CLOCK_H
#include <stdint.h>

#define SET_CLOCK_BEGIN INT64_C(1795305600000)
#define SET_CLOCK_DAY   INT64_C(86400000)

void set_clock(int64_t wall_ms);
/* From here on each reading of the other clock, which runs, is so much later than it would be: deadlines pass without waiting. */
void set_clock_hurry(int64_t ms);
#endif
