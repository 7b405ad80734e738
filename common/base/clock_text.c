/* How a time is written: beside clock.c, so that a test's clock need not bring it. */
#include "base/clock.h"

#include <string.h>

#define ISO_SIZE 24

struct timespec clock_timespec(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

char *clock_iso(int64_t wall_ms, char *buf)
{
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(buf, ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        memcpy(buf, "-", 2);
    return buf;
}
