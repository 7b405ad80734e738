/* Asks for the DMARC records of the domains of From: each at its own name and, at the same time, at its organisational domain's. */
#ifndef CHECKS_DMARC_ASK_H
#define CHECKS_DMARC_ASK_H
#include "checks/dmarc_judge.h"

#define DMARC_DOMAINS_MAX 8 /* of one message */

struct dmarc_inquiry {
    const struct span *domains; /* copied; of one that is no name of DNS there is no record */
    size_t count;               /* at most DMARC_DOMAINS_MAX */
    uint64_t asker;             /* dns_asker */
    int64_t deadline;           /* clock_mono_ms */
    /* Exactly once: terms of each domain, only lent. From the resolver's thread, or at once when nothing is to be asked. */
    void (*done)(void *ctx, const struct dmarc_terms *terms);
    void *ctx;
};
/* never_ask: domains, comma-separated, that are not asked for, nor what lies below: they have no record. */
void dmarc_ask(const struct dmarc_inquiry *inquiry, const char *never_ask);
#endif
