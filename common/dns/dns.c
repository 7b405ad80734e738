/* dns.c - the door of the resolver: hands questions over to its thread. */
#include "dns/dns.h"
#include <pthread.h>
#include "base/xalloc.h"
#include "dns/answers.h"
#include "dns/resolver.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct resolver *resolver; /* NULL: not begun, or ended */

int dns_begin(const struct settings *settings, struct err *err)
{
    struct resolver *started = resolver_start(settings, err);

    if (started == NULL)
        return -1;
    pthread_mutex_lock(&lock);
    resolver = started;
    pthread_mutex_unlock(&lock);
    return 0;
}

void dns_end(void)
{
    struct resolver *ended;

    pthread_mutex_lock(&lock);
    ended = resolver;
    resolver = NULL;
    pthread_mutex_unlock(&lock);
    if (ended != NULL)
        resolver_stop(&ended);
}

/* A name that may not be asked stays empty; the thread says so. */
static struct waiter *waiter_new(const struct dns_question *question)
{
    struct waiter *waiter = xmalloc(sizeof *waiter);

    waiter->next = NULL;
    waiter->lookup = NULL;
    waiter->has_timer = false;
    waiter->question = *question;
    if (!name_normalize(question->name, &waiter->name))
        waiter->name.len = 0;
    waiter->question.name = span_from(waiter->name.text, waiter->name.len);
    return waiter;
}

static void *fail_all(void *ctx)
{
    struct waiter *next;

    for (struct waiter *waiter = ctx; waiter != NULL; waiter = next) {
        next = waiter->next;
        answers_give_status(&waiter, DNS_FAILED);
    }
    return NULL;
}

/* Without a resolver. Never from inside dns_ask: whoever asks may hold what its callback takes. */
static void fail_elsewhere(struct waiter *first)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, fail_all, first) != 0)
        fail_all(first); /* answered at all is what matters most */
    pthread_attr_destroy(&attributes);
}

void dns_ask(const struct dns_question *questions, size_t count)
{
    struct waiter *first = NULL, **end = &first;
    bool is_handed;

    for (size_t i = 0; i < count; i++) {
        *end = waiter_new(&questions[i]);
        end = &(*end)->next;
    }
    if (first == NULL)
        return;
    answers_note_asked(count);
    pthread_mutex_lock(&lock); /* so that it does not end meanwhile */
    is_handed = resolver != NULL;
    if (is_handed)
        resolver_hand(resolver, first, end);
    pthread_mutex_unlock(&lock);
    if (!is_handed)
        fail_elsewhere(first);
}

void dns_count(struct dns_counts *counts_r)
{
    answers_count(counts_r);
}
