/* request.c - makes the request of a check out of a transaction's deciding. */
#include <fcntl.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/needs.h"
#include "engine/request.h"

#define LEAST_MS 1000 /* for lookups that others held up */

/* When it is one of this check's facts. */
static void add_want(struct check_request *request, struct fact_ref want)
{
    if (needs_check_of(&want) != request->check)
        return;
    want.key =
        span_from(xstrndup(want.key.len > 0 ? want.key.ptr : "", want.key.len), want.key.len);
    request->wants[request->want_count++] = want;
}

/* Bits of the checks that are asked, and of those they work with. A check is added in each turn or it is the last. */
static uint32_t askers(const struct deciding *d)
{
    const struct ruleset *rules = d->snapshot->rules;
    uint32_t bits = d->wanted | d->held | d->started, before = 0;

    for (size_t i = 0; i < rules->ask_count[d->chain]; i++) {
        int check = needs_check_of(&rules->asks[d->chain][i]);
        bits |= check >= 0 ? 1u << check : 0;
    }
    while (bits != before) {
        before = bits;
        for (size_t i = 0; i < checks_count(); i++)
            for (const enum fact_id *need = check_needs(checks_at(i));
                 (before >> i & 1) != 0 && *need != FACT__COUNT; need++)
                bits |= checks_for(*need) >= 0 ? 1u << checks_for(*need) : 0;
    }
    return bits;
}

/* All that the rules of this chain ask of the check, with keys of its own, and what other checks need of it for their sake. */
static void add_wants(struct check_request *request, const struct deciding *d)
{
    const struct ruleset *rules = d->snapshot->rules;
    size_t ask_count = rules->ask_count[d->chain];
    uint32_t bits = askers(d);

    request->wants = xcalloc(ask_count + FACT__COUNT, sizeof *request->wants);
    for (size_t i = 0; i < ask_count; i++)
        add_want(request, rules->asks[d->chain][i]);
    for (size_t i = 0; i < checks_count(); i++)
        for (const enum fact_id *need = check_needs(checks_at(i));
             (bits >> i & 1) != 0 && *need != FACT__COUNT; need++)
            if (request->want_count < ask_count + FACT__COUNT)
                add_want(request,
                         (struct fact_ref){.fact = *need, .record = fact_table[*need].record});
}

/* [policy] asks about one recipient at a time. */
static struct facts *copy_facts(const struct deciding *d)
{
    struct facts *facts = facts_copy(d->message);
    struct facts_view view = {d->message, d->recipient_count > 0 ? d->recipients[0] : NULL};
    struct fact direction;

    if (d->chain != CHAIN_POLICY || view.recipient == NULL)
        return facts;
    facts_merge(facts, view.recipient);
    evaluate_direction(&d->snapshot->lists, &view, &direction);
    if (direction.state == FACT_VALUE)
        facts_set(facts, FACT_DIRECTION, direction.values[0]);
    return facts;
}

/* Lookups of a message have a time of their own. What others work with ends a tenth before it, so that these come to their word, and those get
 * LEAST_MS even when an inspection was slower than that: who makes it slow must not keep a policy from being asked for. */
static int64_t deadline_of(const struct deciding *d, const struct check *check)
{
    int64_t now = clock_mono_ms(), left = d->lookup_deadline - now;

    if (!check->asks_dns || d->lookup_deadline == 0)
        return d->deadline;
    if (check->needs == NULL)
        return left > 0 ? d->lookup_deadline - left / 10 : d->lookup_deadline;
    if (left >= LEAST_MS)
        return d->lookup_deadline;
    return now + LEAST_MS < d->deadline ? now + LEAST_MS : d->deadline;
}

static struct span copy_text(struct span text)
{
    return text.len > 0 ? span_from(xstrndup(text.ptr, text.len), text.len)
                        : (struct span){NULL, 0};
}

struct check_request *request_new(struct deciding *d, size_t index)
{
    const struct check *check = checks_at(index);
    struct check_request *request = xcalloc(1, sizeof *request);

    request->mailbox = mailbox_pin(d->mailbox);
    request->check = (int)index;
    request->begun = d->begun;
    request->deadline = deadline_of(d, check);
    request->references = 1;
    request->message_fd = -1;
    if (check->reads_message && d->message_fd >= 0)
        request->message_fd = fcntl(d->message_fd, F_DUPFD_CLOEXEC, 0);
    if (check->reads_facts)
        request->facts = copy_facts(d);
    request->is_trial = d->is_trial;
    request->transaction = copy_text(d->transaction);
    request->sender = copy_text(d->sender);
    add_wants(request, d);
    return request;
}
