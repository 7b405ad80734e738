/* request_hints.c - who waits for which hint. */
#include "policyd/cluster/request_hints.h"
#include <stdatomic.h>
#include <stdio.h>
#include "base/clock.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hint_wait *waiting;
static atomic_bool is_over;

void hint_begin(struct hint_wait *wait, const char *id)
{
    pthread_condattr_t attr;

    *wait = (struct hint_wait){0};
    snprintf(wait->id, sizeof wait->id, "%s", id);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&wait->cond, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_lock(&lock);
    wait->next = waiting;
    waiting = wait;
    pthread_mutex_unlock(&lock);
}

void hint_end(struct hint_wait *wait)
{
    struct hint_wait **at = &waiting;

    pthread_mutex_lock(&lock);
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&wait->cond);
}

void hint_await(struct hint_wait *wait, int ms)
{
    struct timespec until = clock_timespec(clock_mono_ms() + ms);
    int late = 0;

    pthread_mutex_lock(&lock);
    while (!wait->is_hinted && late == 0 && !is_over)
        late = pthread_cond_timedwait(&wait->cond, &lock, &until);
    wait->is_hinted = false;
    pthread_mutex_unlock(&lock);
}

void hint_note(struct span message)
{
    pthread_mutex_lock(&lock);
    for (struct hint_wait *each = waiting; each; each = each->next)
        if (message.len == 0 || span_is(message, each->id)) {
            each->is_hinted = true;
            pthread_cond_signal(&each->cond);
        }
    pthread_mutex_unlock(&lock);
}

void hint_begin_all(void)
{
    is_over = false;
}

void hint_end_all(void)
{
    pthread_mutex_lock(&lock);
    is_over = true;
    pthread_mutex_unlock(&lock);
    hint_note(SPAN(""));
}

bool hint_is_over(void)
{
    return is_over;
}
