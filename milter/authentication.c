/* authentication.c - learns who sent a message, when it is due. */
#include "base/clock.h"
#include "engine/origin.h"
#include "milter/ahead.h"
#include "milter/authentication.h"
#include "milter/signing.h"
#include "milter/wait.h"

#define GRACE_MS 100 /* for checks that answer at their deadline */

/* What the header is made of: one fact of each check. SPF of HELO is none: a second pass there would fool who reads it. */
static const enum fact_id said[] = {FACT_SPF, FACT_DKIM, FACT_DMARC};

/* Whose key signs is told by From. */
static const enum fact_id signed_by[] = {FACT_FROM_DOMAIN};

struct wanted {
    const enum fact_id *facts;
    size_t count;
};

/* What is to be known besides what the rules ask. */
static struct wanted wanted_of(const struct transaction *t)
{
    if (authentication_is_wanted(t))
        return (struct wanted){said, sizeof said / sizeof *said};
    if (signing_is_due(t))
        return (struct wanted){signed_by, sizeof signed_by / sizeof *signed_by};
    return (struct wanted){NULL, 0};
}

bool authentication_is_wanted(const struct transaction *t)
{
    enum path path = t->session->path;

    return t->gate->settings->authentication_results && t->deciding.snapshot != NULL &&
           (path == PATH_PROXY || path == PATH_LOCAL || path == 0) &&
           origin_is_outside(t->deciding.snapshot, t->deciding.message);
}

static void set_lookup_deadline(struct transaction *t)
{
    t->deciding.lookup_deadline = clock_mono_ms() + t->gate->settings->dns_timeout;
}

void authentication_mail(struct transaction *t)
{
    struct wanted wanted;

    if (t->deciding.snapshot == NULL || t->session->path == PATH_RELEASE)
        return;
    set_lookup_deadline(t);
    t->deciding.deadline = t->deciding.lookup_deadline;
    origin_learn(t->deciding.snapshot, t->deciding.message);
    wanted = wanted_of(t);
    for (size_t i = 0; i < wanted.count; i++)
        decide_want(&t->deciding, wanted.facts[i]);
    ahead_mail(t);
    decide_start_early(&t->deciding, STAGE_MAIL);
}

void authentication_headers(struct transaction *t)
{
    if (t->deciding.snapshot == NULL || t->session->path == PATH_RELEASE ||
        t->deciding.recipient_count == 0)
        return;
    set_lookup_deadline(t);
    ahead_headers(t);
}

static void wait_for_fact(struct transaction *t, enum fact_id fact)
{
    while (decide_learn(&t->deciding, fact) == DECIDE_WAIT)
        (void)wait_for(t->deciding.mailbox, t->deciding.deadline);
}

static bool asks(const struct ruleset *rules, enum fact_id fact)
{
    for (size_t i = 0; i < rules->ask_count[CHAIN_FILTER]; i++)
        if (rules->asks[CHAIN_FILTER][i].fact == fact)
            return true;
    return false;
}

/* spf is absent until then, which rules would take for its last word. */
static void take_of_gateway(struct transaction *t)
{
    const struct ruleset *rules = t->deciding.snapshot->rules;

    if (!origin_is_gateway(t->deciding.message) ||
        !origin_is_outside(t->deciding.snapshot, t->deciding.message))
        return;
    if (authentication_is_wanted(t) || asks(rules, FACT_SPF) || asks(rules, FACT_SPF_DOMAIN))
        wait_for_fact(t, FACT_DKIM);
}

/* Nobody waits while the client sends, however slowly. */
void authentication_end(struct transaction *t)
{
    set_lookup_deadline(t);
    decide_again(&t->deciding, clock_mono_ms() + t->gate->settings->message_deadline);
    decide_start_early(&t->deciding, STAGE_EOM);
    take_of_gateway(t);
}

/* What was settled for want of time stays as it was decided with. Whose key signs is told by the inspection, which has the message's time. */
void authentication_finish(struct transaction *t)
{
    struct deciding *d = &t->deciding;
    struct wanted wanted = wanted_of(t);
    int64_t now = clock_mono_ms(),
            until = (d->lookup_deadline > now ? d->lookup_deadline : now) + GRACE_MS;

    d->is_decided = true;
    if (wanted.count == 0)
        return;
    if (authentication_is_wanted(t) && until < d->deadline)
        d->deadline = until;
    for (size_t i = 0; i < wanted.count; i++)
        if (facts_get(d->message, wanted.facts[i])->state == FACT_PENDING)
            wait_for_fact(t, wanted.facts[i]);
}
