/* What was decided, free of protocol: one disposition per recipient, plus edits, plus effects, plus the reasons. */
#ifndef RULES_VERDICT_H
#define RULES_VERDICT_H
#include "rules/ruleset.h"

/* Outcome of one walk over one chain, for one recipient (or for all alike). Bytes live in the arena given to evaluate. */
enum reason_kind {
    REASON_APPLIED = 1,
    REASON_WARNED,    /* would have applied; the rule is (warn) */
    REASON_HELD_BACK, /* by unless */
    REASON_UNKNOWN,   /* a fact was missing */
    REASON_SKIPPED    /* by a rule above */
};
struct reason {    /* a rule that applied, warned, or could not be answered */
    uint32_t rule; /* index */
    enum reason_kind what;
    struct fact_ref
        missing; /* REASON_UNKNOWN: the leftmost unknown one; fact is FACT_NONE when fuel ran out */
    struct span
        detail; /* facts it used as text, for explain and log: "client.ip = 192.0.2.1" */
};
enum edit_kind {
    EDIT_ADD_HEADER = 1,
    EDIT_REMOVE_HEADER,
    EDIT_PREFIX_SUBJECT,
    EDIT_APPEND_TEXT,
    EDIT_REDIRECT,
    EDIT_COPY,
    EDIT_STRIP
};
struct edit {
    enum edit_kind kind;
    struct span name, value;
    uint32_t rule;
};
struct outcome {
    enum disposition disposition;
    int rule;      /* index of the rule that decided, -1: end of the chain */
    char code[12]; /* enhanced status of reject, defer */
    struct span
        text;        /* reply text, expanded and escaped, without codes; reason of quarantine */
    bool wants_keep; /* keep: delivered, and a copy stored */
    bool
        wants_quarantine; /* reject that follows quarantine in the same rule: stored, then rejected */
    struct span quarantine_reason;
    int64_t score_low, score_high; /* thousandths */
    size_t tag_count;
    const struct span *tags;
    size_t log_count;
    const struct span *logs;
    size_t edit_count;
    const struct edit *edits;
    size_t reason_count;
    const struct reason *reasons;
    /* policy */
    bool
        permits_relay; /* permit relay was collected; the disposition is VERIFY all the same when verify was, too */
    int64_t greylist_seconds; /* > 0: DEFER because of greylist, for so long */
    bool greylist_passed;     /* a greylist would have held it, were it not old enough */
    size_t
        charge_count; /* counters that this recipient is counted in: those the chain asks and whose key has a value, in an order that the rules' order does not change */
    const struct fact_ref *charges;
};

/* The whole message: each recipient's disposition after the rules of rule-language.md "Several recipients". */
struct verdict {
    enum disposition
        whole; /* DELIVER when at least one recipient gets it; else what the client is told */
    size_t recipient_count;
    const enum disposition *each;          /* by recipient */
    const struct outcome *const *outcomes; /* by recipient; the same pointer for a class */
    const struct outcome *deciding; /* whose text and rule the reply and the log line name */
    bool wants_quarantine;          /* a durable copy first, whatever the client is told */
    bool keeps_delivering;          /* a copy is stored while the mail goes on */
    bool stores_partly;             /* that copy is for those alone who do not get the mail */
    size_t edit_count;
    const struct edit *edits; /* of any recipient that still gets it, without repetition */
};
/* Combines. If one is deferred all are; all rejected: rejected; some rejected: removed and kept in quarantine for them; nobody left: the answer says why. */
struct verdict *verdict_combine(struct arena *arena, const struct outcome *const *outcomes,
                                size_t count);
/* Is the stored copy for this recipient? A copy that is released must reach nobody who got the message already, nor anybody whose rules
 * did not ask for one. */
bool verdict_stores_for(const struct verdict *verdict, size_t recipient);
#endif
