/* The product in forty lines: evaluate; start the checks for what is needed; evaluate again when they are in. */
#ifndef ENGINE_DECIDE_H
#define ENGINE_DECIDE_H
#include "checks/check.h"
#include "engine/snapshot.h"
#include "rules/eval.h"

/* One transaction's deciding (policyd: one request's). The driver fills it, keeps it, frees what it owns. */
struct deciding {
    struct arena *arena; /* of the transaction */
    const struct snapshot *snapshot;
    enum chain chain;
    struct facts *message;
    struct facts **recipients; /* of those still in the transaction */
    size_t recipient_count;
    int message_fd; /* sealed memfd, or -1 while there is none */
    struct mailbox *mailbox;
    int64_t
        deadline; /* clock_mono_ms: what is not in by then is unknown, or what `without` says */
    int64_t lookup_deadline; /* the same for what checks ask DNS; 0: deadline */
    int64_t begun; /* clock_mono_ms; policyd: its patience with Redis counts from here */
    /* policyd: the same for all recipients of a message; may be empty. */
    struct span transaction;
    struct span
        sender;      /* of MAIL, without <>, in the letters it was given with; may be empty */
    bool is_trial;   /* nothing is noted anywhere */
    bool is_decided; /* what comes in now fills gaps and replaces nothing: records replay */
    /* Bits of checks; managed by decide. */
    uint32_t wanted;            /* may be needed: started as soon as their stage is there */
    uint32_t held;              /* wait for what they work with */
    uint32_t started, answered; /* each check starts once, answers once */
    uint32_t late;              /* settled for want of time; their answer may still come */
};

enum decide_state {
    DECIDE_DONE = 1, /* *verdict_r is set */
    DECIDE_PENDING,  /* needs a later stage */
    DECIDE_WAIT /* checks are under way: wait for the mailbox or the deadline, then call again */
};

/* Takes what the mailbox holds, evaluates each class of recipients at `stage`. Past the deadline everything outstanding becomes
 * unknown ("deadline") and the result is never WAIT. */
enum decide_state decide(struct deciding *d, enum stage stage,
                         const struct verdict **verdict_r);
/* One recipient alone, for RCPT: the same, outcome instead of verdict. */
enum decide_state decide_recipient(struct deciding *d, size_t recipient, enum stage stage,
                                   const struct outcome **outcome_r);
/* Notes that the check which learns this fact is wanted, with those it works with, though no rule may ask: not if the fact is learnt. */
void decide_want(struct deciding *d, enum fact_id fact);
/* Will the check that learns this fact be started, as rules and wants stand now? */
bool decide_may_ask(struct deciding *d, enum fact_id fact);
/* Starts every check that is wanted, or that the chain's rules may ask, and that may begin at `stage`: lookups together cost one round trip. */
void decide_start_early(struct deciding *d, enum stage stage);
/* Starts the check that learns this fact. WAIT: it has still to answer. */
enum decide_state decide_learn(struct deciding *d, enum fact_id fact);
/* Goes on with a new deadline: what was settled for want of time only, and may still be answered, is to be learnt again. */
void decide_again(struct deciding *d, int64_t deadline);
#endif
