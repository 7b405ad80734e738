/* Private to rounds*.c: one question on its way between worker and DNS. */
#ifndef CHECKS_ROUNDS_INSIDE_H
#define CHECKS_ROUNDS_INSIDE_H
#include <pthread.h>
#include <stdatomic.h>
#include "checks/rounds.h"

struct round_slot {
    struct round *round;
    struct dns_answer *answer; /* where it goes */
    bool is_waiting;           /* to be asked when others are answered */
};

/* Belongs to whoever moves it on: the one who asks, then in turns the pool's thread and the resolver's last callback. */
struct round {
    struct rounds_question question; /* request and ahead are not used any more */
    struct sender_request request;   /* texts in arena; answers are those below */
    int64_t dns_deadline;
    unsigned count; /* rounds begun */
    struct str body;
    struct dns_answer answers[SENDER_NAMES_MAX];
    struct round_slot slots[SENDER_NAMES_MAX];
    atomic_uint awaited;               /* answers of DNS, and one while more may be asked */
    void (*then)(struct round *round); /* when none is; by whoever saw the last one */
    pthread_mutex_t lock;              /* of arena, while DNS answers */
    struct arena *arena;
    struct sender_result result; /* of the last round; texts in the pool's answer */
};

/* Which names are never asked: the list of the setting. Once, before the first question. */
void round_never_ask(const char *domains);
bool round_knows(const struct round *round, const struct sender_lack *lack);
/* Asks for those of them that it does not know, as many as there is room for; then round->then. */
void round_ask(struct round *round, const struct sender_lack *lacks, size_t count);
#endif
