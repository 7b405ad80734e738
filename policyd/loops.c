/* loops.c - a ring of the last routing loops. */
#include <pthread.h>
#include <stdio.h>
#include "policyd/loops.h"

struct loop {
    int64_t time_ms;
    char text[512];
};

static struct {
    pthread_mutex_t lock;
    struct loop ring[LOOPS_KEPT];
    size_t noted; /* ever */
} loops = {.lock = PTHREAD_MUTEX_INITIALIZER};

void loops_note(struct span text, int64_t time_ms)
{
    pthread_mutex_lock(&loops.lock);
    struct loop *loop = &loops.ring[loops.noted++ % LOOPS_KEPT];
    loop->time_ms = time_ms;
    snprintf(loop->text, sizeof loop->text, "%.*s", SPAN_ARG(text));
    pthread_mutex_unlock(&loops.lock);
}

bool loops_last(size_t index, char *text_r, size_t room, int64_t *time_ms_r)
{
    bool is_there;

    pthread_mutex_lock(&loops.lock);
    is_there = index < LOOPS_KEPT && index < loops.noted;
    if (is_there) {
        const struct loop *loop = &loops.ring[(loops.noted - 1 - index) % LOOPS_KEPT];
        snprintf(text_r, room, "%s", loop->text);
        *time_ms_r = loop->time_ms;
    }
    pthread_mutex_unlock(&loops.lock);
    return is_there;
}
