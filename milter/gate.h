/* What all sessions of this daemon share: settings, stores, keys, counters. Made by main before the first connection; never freed
 * while callbacks may run (libmilter detaches its workers at the end). */
#ifndef MILTER_GATE_H
#define MILTER_GATE_H
#include <stdatomic.h>
#include "conf/settings.h"
#include "mail/trace.h"

#define TRACE_SECRETS                                                                          \
    3 /* the cluster's two generations and this node's own; without a cluster that alone */

struct decisions;
struct signing_keys;
struct quarantine;
struct releases;

struct gate {
    const struct settings *settings;
    struct trace_secrets { /* of marks: the first signs; through milter/keys.h alone */
        size_t count;
        uint8_t of[TRACE_SECRETS][HASH_KEY_SIZE];
    } trace;
    uint8_t release_key[32];
    struct decisions *decisions;
    struct quarantine *quarantine;
    struct signing_keys *signing_keys;
    struct releases *releases; /* marks given out and not yet seen again */
    atomic_bool
        is_quarantine_failing; /* the last message to be kept was not, for want of disk or a bound */
    atomic_bool is_draining;  /* TERM was seen: no new transactions */
    atomic_uint transactions; /* begun and not yet ended */
    atomic_uint
        accepted; /* of them those that have taken a recipient: they are waited for at the end */
    atomic_uint_fast64_t messages, rejected, deferred, quarantined, loops, bad_marks;
    atomic_uint_fast64_t recipients_rejected, recipients_deferred; /* at RCPT, by the rules */
};
#endif
