/* What is being asked: a lookup for each name and type under way, the questions that wait for it, and the bounds per zone, per asker and over
 * all. Knows nothing of how a lookup is made. One thread. */
#ifndef DNS_LOOKUPS_H
#define DNS_LOOKUPS_H
#include <event2/event.h>
#include <event2/event_struct.h>
#include "dns/context.h"
#include "dns/dns.h"
#include "dns/name.h"

#define LOOKUPS_WAITERS_MAX 20000 /* questions that wait, over all; further ones are limited */

/* A question that was handed over; owned by whoever it is with. */
struct waiter {
    struct waiter *next, **at; /* in its lookup, or in a batch (next alone) */
    struct lookup *lookup;
    struct dns_question question; /* its name points into name */
    bool is_counted; /* began its lookup, which is its asker's then; who joins costs nothing */
    bool has_timer;
    struct event timer; /* of its deadline */
    void *owner;        /* whoever set the timer */
    struct name_text name;
};

struct lookup {
    struct lookup *next, **at; /* in its bucket */
    struct lookup *next_all, **at_all;
    struct waiter *waiters;
    void *owner; /* whoever makes it */
    enum dns_type type;
    bool is_ours;
    struct context_call call;
    uint64_t zone; /* what it counts for */
    int64_t begun; /* clock_mono_ms */
    struct name_text name;
};

struct lookups {
    struct lookup *all;
    unsigned count, waiter_count;
    struct shares *zones, *askers;
    uint64_t seed[2];
    struct lookup **buckets;
};

void lookups_init(struct lookups *lookups);
void lookups_clear(struct lookups *lookups); /* there are none any more */

enum lookups_place { LOOKUPS_LIMITED, LOOKUPS_JOINED, LOOKUPS_BEGUN };
/* Puts a question with the lookup of its name, which is made if there is none. LOOKUPS_LIMITED: it stays the caller's. */
enum lookups_place lookups_put(struct lookups *lookups, struct waiter *waiter);
/* Takes a question from its lookup; it is the caller's again. */
void lookups_take(struct lookups *lookups, struct waiter *waiter);
/* Forgets a lookup nobody waits for any more. */
void lookups_remove(struct lookups *lookups, struct lookup **lookup);
#endif
