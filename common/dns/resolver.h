/* The resolver's thread: lookups, libunbound, and what is known of the name servers. dns.c hands questions over to it. */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H
#include <pthread.h>
#include "dns/lookups.h"
#include "dns/servers.h"

struct context;

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
    struct cache *cache;
    struct context *context; /* NULL: not known yet which */
    struct watch *watch;
};

struct resolver *resolver_start(const struct settings *settings, struct err *err);
/* Any thread: takes a chain of questions. Does not block. */
void resolver_hand(struct resolver *resolver, struct waiter *first, struct waiter **end);
/* Every question handed over is answered when this returns. */
void resolver_stop(struct resolver **resolver);

/* For watch.c: gives what is under way to a new context, soon and from the loop. */
void resolver_replace_soon(struct resolver *resolver);
#endif
