/* The table of checks: who learns which facts. A check starts, never blocks, and answers once into the mailbox of its request. */
#ifndef CHECKS_CHECK_H
#define CHECKS_CHECK_H
#include "checks/mailbox.h"
#include "conf/settings.h"
#include "rules/ruleset.h"

#define CHECKS_MAX 32

/* Counted; owns all it holds; never points into a transaction's arena, since answers come late, after abort. */
struct check_request {
    struct mailbox *mailbox;
    int check;      /* index in the table */
    int message_fd; /* sealed memfd of the whole message (own duplicate), or -1 */
    struct facts *
        facts; /* copy of what was known, or NULL when the check does not read facts; of [policy] with the recipient's facts and direction */
    size_t want_count;       /* what the rules ask of this check */
    struct fact_ref *wants;  /* owned, keys too */
    struct span transaction; /* owned; the same for all recipients of a message, or empty */
    struct span sender;      /* owned; of MAIL in the letters it was given with, or empty */
    bool is_trial;           /* only look: nothing is noted */
    int64_t begun, deadline; /* clock_mono_ms; of a check that asks_dns: of its lookups */
    unsigned references;
};
struct check_request *check_request_pin(struct check_request *request);
void check_request_unpin(struct check_request **request);

struct check {
    const char *name;
    enum stage stage; /* may start from here on */
    const enum fact_id
        *facts;       /* ended by FACT__COUNT; a record's first fact stands for the record */
    bool reads_facts; /* wants a copy in the request */
    /* Must post exactly one answer, at once or later from any thread, unless it returns -1: then its facts become unknown (err). */
    int (*start)(struct check_request *request, struct err *err);
    /* Facts that others learn and this check works with, ended by FACT__COUNT; NULL: none. Their checks are started with it, and it starts
     * when they have answered. Needs reads_facts. No circles. */
    const enum fact_id *needs;
    /* Nothing is to be asked as this program is configured: what it needs is not learnt for its sake. NULL: never. */
    bool (*is_idle)(void);
    /* What stands when it could not start, or has not answered by the deadline; NULL: all its facts are unknown. */
    void (*without)(struct facts *facts, const char *reason);
    bool reads_message; /* wants message_fd */
    bool asks_dns;      /* its deadline is that of the message's lookups */
};

/* Filled in once by each main before the first transaction. */
void checks_register(const struct check *const *checks, size_t count);
size_t checks_count(void);
const struct check *checks_at(size_t index);
/* Its needs, ended by FACT__COUNT; none while it is idle. */
const enum fact_id *check_needs(const struct check *check);
int checks_for(enum fact_id fact); /* index of the check that learns it, or -1 */
#endif
