/* shift_clock.c - a library to preload: the wall clock of a program is CLOCK_SHIFT seconds off, all other clocks are right. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shift(void)
{
    const char *text = getenv("CLOCK_SHIFT");

    return text != NULL ? (time_t)atoll(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now_r)
{
    int state = (int)syscall(SYS_clock_gettime, clock, now_r);

    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        now_r->tv_sec += shift();
    return state;
}

time_t time(time_t *now_r)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (now_r != NULL)
        *now_r = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now_r, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *now_r = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
