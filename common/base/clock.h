/* The only clock; tests link another one. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>

int64_t clock_now_ms(void);  /* wall time since 1970 in ms */
int64_t clock_mono_ms(void); /* never goes back; for deadlines */
/* "2026-11-22T01:02:03Z" into buf (at least 24 bytes); returns buf. */
char *clock_iso(int64_t wall_ms, char *buf);
#endif
