/* What policyd counts since it started, for `milter-ctl status`. Thread-safe. */
#ifndef POLICYD_COUNTERS_H
#define POLICYD_COUNTERS_H
#include <stdint.h>

enum counter {
    COUNTER_CONNECTIONS = 0, /* open now */
    COUNTER_REQUESTS,
    COUNTER_MALFORMED,
    COUNTER_PASSED, /* DUNNO, of RCPT and VRFY */
    COUNTER_PERMITTED,
    COUNTER_VERIFIED,
    COUNTER_REJECTED,
    COUNTER_DEFERRED,
    COUNTER_LOOPS,
    COUNTER__COUNT
};

void counters_add(enum counter counter, uint64_t n);
void counters_set(enum counter counter, uint64_t value);
uint64_t counters_get(enum counter counter);
const char *counters_name(enum counter counter);
/* Called each second; requests a second over the last COUNTERS_WINDOW_S. */
#define COUNTERS_WINDOW_S 10
void counters_tick(void);
double counters_requests_per_second(void);
#endif
