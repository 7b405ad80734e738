/* The resolver's thread: lookups, libunbound, and what is known of the name servers. dns.c hands questions over to it. */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H
#include <pthread.h>
#include "dns/lookups.h"
#include "dns/servers.h"

struct ub_ctx;

struct resolver {
    const struct settings *settings;
    pthread_t thread;
    /* handed over, under the lock */
    pthread_mutex_t lock;
    struct waiter *handed, **handed_end;
    bool is_ending;
    int wake_fd;
    /* the thread's own */
    struct event_base *base;
    struct event *wake, *tick, *replace;
    struct lookups lookups;
    struct servers servers;
    struct arena *arena;
    struct ub_ctx *context; /* NULL: not known yet which */
    struct lookup *starting;
    struct watch *watch;
};

struct resolver *resolver_start(const struct settings *settings, struct err *err);
/* Any thread: takes a chain of questions. Does not block. */
void resolver_hand(struct resolver *resolver, struct waiter *first, struct waiter **end);
/* Every question handed over is answered when this returns. */
void resolver_stop(struct resolver **resolver);

/* Of the whole program, resolver or not. */
void resolver_count(struct dns_counts *counts_r);
void resolver_note_asked(size_t count);
/* Answers a question and frees it. */
void resolver_give(struct waiter **waiter, const struct dns_answer *answer);
void resolver_give_status(struct waiter **waiter, enum dns_status status);

/* For watch.c: gives what is under way to a new context, soon and from the loop. */
void resolver_replace_soon(struct resolver *resolver);
#endif
