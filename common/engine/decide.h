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
    int64_t deadline; /* clock_mono_ms: what is not in by then is unknown */
    int64_t begun;    /* clock_mono_ms; policyd: its patience with Redis counts from here */
    /* policyd: the same for all recipients of a message; may be empty. */
    struct span transaction;
    bool is_trial;    /* nothing is noted anywhere */
    uint32_t started; /* bits of checks; managed by decide */
    uint32_t answered;
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
/* Starts every check that the chain's rules may ask and that may begin at `stage`: lookups together cost one round trip. */
void decide_start_early(struct deciding *d, enum stage stage);
#endif
