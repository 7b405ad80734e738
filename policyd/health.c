/* health.c - a small table of what depends on others, and how it is. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "policyd/health.h"

static struct {
    pthread_mutex_t lock;
    size_t count;
    struct {
        const char *name;
        char text[HEALTH_TEXT];
    } each[HEALTH_MAX];
} health = {.lock = PTHREAD_MUTEX_INITIALIZER};

void health_note(const char *name, const char *text)
{
    size_t at = 0;

    pthread_mutex_lock(&health.lock);
    while (at < health.count && strcmp(health.each[at].name, name) != 0)
        at++;
    if (at < HEALTH_MAX) {
        health.each[at].name = name;
        snprintf(health.each[at].text, HEALTH_TEXT, "%s", text);
        if (at == health.count)
            health.count++;
    }
    pthread_mutex_unlock(&health.lock);
}

void health_set(const char *name, bool is_bad, enum log_level level, const char *fmt, ...)
{
    char text[HEALTH_TEXT] = "";
    va_list args;

    if (is_bad) {
        va_start(args, fmt);
        vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
    }
    health_note(name, text);
    log_state(name, is_bad, level, "%s", text);
}

bool health_at(size_t index, const char **name_r, char text_r[HEALTH_TEXT])
{
    bool is_there;

    pthread_mutex_lock(&health.lock);
    is_there = index < health.count;
    if (is_there) {
        *name_r = health.each[index].name;
        memcpy(text_r, health.each[index].text, HEALTH_TEXT);
    }
    pthread_mutex_unlock(&health.lock);
    return is_there;
}
