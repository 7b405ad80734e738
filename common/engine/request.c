/* request.c - makes the request of a check out of a transaction's deciding. */
#include <fcntl.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/needs.h"
#include "engine/request.h"

#define LEAST_MS 1000 /* for lookups that others held up */

/* All that the rules of this chain ask of the check, with keys of its own. */
static void add_wants(struct check_request *request, const struct deciding *d, size_t index)
{
    const struct ruleset *rules = d->snapshot->rules;
    size_t ask_count = rules->ask_count[d->chain];

    request->wants = xcalloc(ask_count > 0 ? ask_count : 1, sizeof *request->wants);
    for (size_t i = 0; i < ask_count; i++) {
        struct fact_ref want = rules->asks[d->chain][i];
        if (needs_check_of(&want) != (int)index)
            continue;
        want.key = span_from(xstrndup(want.key.len > 0 ? want.key.ptr : "", want.key.len),
                             want.key.len);
        request->wants[request->want_count++] = want;
    }
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
    add_wants(request, d, index);
    return request;
}
