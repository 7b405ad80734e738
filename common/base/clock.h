/* The only clock; tests link another one. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

int64_t clock_now_ms(void);  /* wall time since 1970 in ms */
int64_t clock_mono_ms(void); /* never goes back; for deadlines */
int64_t clock_mono_us(
    void); /* the same in microseconds, for measuring; runs on where tests set the others */
/* A reading of either clock as the system writes it: for pthread_cond_timedwait on a CLOCK_MONOTONIC condition. */
struct timespec clock_timespec(int64_t ms);
/* "2026-11-22T01:02:03Z" into buf (at least 24 bytes); returns buf. */
char *clock_iso(int64_t wall_ms, char *buf);
#endif
