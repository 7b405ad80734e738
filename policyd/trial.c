/* trial.c - one text of rules that stands in for the newest revision. */
#include "policyd/trial.h"

#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    uint64_t base; /* 0: there is none */
    struct str text;
} trial = {.lock = PTHREAD_MUTEX_INITIALIZER};

void trial_set(uint64_t base, struct span text)
{
    pthread_mutex_lock(&trial.lock);
    trial.base = base;
    str_reset(&trial.text);
    str_add(&trial.text, text);
    pthread_mutex_unlock(&trial.lock);
}

void trial_end(void)
{
    pthread_mutex_lock(&trial.lock);
    trial.base = 0;
    str_clear(&trial.text);
    pthread_mutex_unlock(&trial.lock);
}

bool trial_get(uint64_t newest, struct str *text)
{
    bool is;

    pthread_mutex_lock(&trial.lock);
    is = trial.base != 0 && trial.base == newest;
    if (is)
        str_add(text, str_span(&trial.text));
    pthread_mutex_unlock(&trial.lock);
    return is;
}
