/* mailbox.c - a counted, thread-safe queue of answers, one per started check. */
#include <pthread.h>
#include <time.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "checks/check.h"

struct letter {
    struct facts *facts;
    int check;
};

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t posted;
    unsigned references;
    size_t count;
    struct letter letters[CHECKS_MAX]; /* each check answers once */
    void (*wake)(void *ctx);
    void *wake_ctx;
};

struct mailbox *mailbox_new(void)
{
    struct mailbox *mailbox = xcalloc(1, sizeof *mailbox);
    pthread_condattr_t attributes;

    pthread_mutex_init(&mailbox->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&mailbox->posted, &attributes);
    pthread_condattr_destroy(&attributes);
    mailbox->references = 1;
    return mailbox;
}

struct mailbox *mailbox_pin(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->references++;
    pthread_mutex_unlock(&mailbox->lock);
    return mailbox;
}

static void mailbox_free(struct mailbox *mailbox)
{
    for (size_t i = 0; i < mailbox->count; i++)
        facts_free(&mailbox->letters[i].facts);
    pthread_cond_destroy(&mailbox->posted);
    pthread_mutex_destroy(&mailbox->lock);
    xfree(&mailbox);
}

void mailbox_unpin(struct mailbox **mailbox)
{
    struct mailbox *gone = *mailbox;
    bool is_last;

    *mailbox = NULL;
    if (gone == NULL)
        return;
    pthread_mutex_lock(&gone->lock);
    is_last = --gone->references == 0;
    pthread_mutex_unlock(&gone->lock);
    if (is_last)
        mailbox_free(gone);
}

void mailbox_set_wake(struct mailbox *mailbox, void (*wake)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&mailbox->lock);
    mailbox->wake = wake;
    mailbox->wake_ctx = ctx;
    pthread_mutex_unlock(&mailbox->lock);
}

void mailbox_post(struct mailbox *mailbox, int check, struct facts **facts)
{
    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->count < CHECKS_MAX) {
        mailbox->letters[mailbox->count++] = (struct letter){*facts, check};
        *facts = NULL;
    }
    pthread_cond_signal(&mailbox->posted);
    if (mailbox->wake != NULL)
        mailbox->wake(mailbox->wake_ctx);
    pthread_mutex_unlock(&mailbox->lock);
    facts_free(facts);
}

struct facts *mailbox_take(struct mailbox *mailbox, int *check_r)
{
    struct facts *facts = NULL;

    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->count > 0) {
        mailbox->count--;
        facts = mailbox->letters[mailbox->count].facts;
        *check_r = mailbox->letters[mailbox->count].check;
    }
    pthread_mutex_unlock(&mailbox->lock);
    return facts;
}

bool mailbox_wait(struct mailbox *mailbox, int64_t deadline_mono_ms)
{
    struct timespec until = {.tv_sec = deadline_mono_ms / 1000,
                             .tv_nsec = deadline_mono_ms % 1000 * 1000000};
    bool has_letter;

    pthread_mutex_lock(&mailbox->lock);
    while (mailbox->count == 0)
        if (pthread_cond_timedwait(&mailbox->posted, &mailbox->lock, &until) != 0)
            break;
    has_letter = mailbox->count > 0;
    pthread_mutex_unlock(&mailbox->lock);
    return has_letter;
}
