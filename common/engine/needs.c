/* needs.c - starts checks for needed facts, takes their answers, and settles as unknown what nobody can learn. */
#include <fcntl.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/needs.h"

static int check_of(const struct fact_ref *ref)
{
    return checks_for(ref->record != RECORD_NONE ? record_first(ref->record) : ref->fact);
}

static void settle_unknown(struct deciding *d, struct facts *recipient,
                           const struct fact_ref *ref, const char *reason)
{
    struct fact unknown = {.state = FACT_UNKNOWN, .reason = span_of(reason)};

    if (ref->record != RECORD_NONE)
        facts_records_unknown(d->message, ref->record, unknown.reason);
    else if (ref->fact >= FACT_FUNCTION__FIRST)
        facts_set_keyed(d->message, ref->fact, ref->key, &unknown);
    else if (recipient != NULL && (fact_table[ref->fact].flags & FACT_PER_RECIPIENT) != 0)
        facts_set_unknown(recipient, ref->fact, unknown.reason);
    else
        facts_set_unknown(d->message, ref->fact, unknown.reason);
}

static bool is_learnt(const struct deciding *d, const struct fact_ref *ref)
{
    if (ref->record != RECORD_NONE)
        return facts_records(d->message, ref->record)->state != FACT_PENDING;
    if (ref->fact >= FACT_FUNCTION__FIRST)
        return facts_keyed(d->message, ref->fact, ref->key)->state != FACT_PENDING;
    return facts_get(d->message, ref->fact)->state != FACT_PENDING;
}

/* All that the rules of this chain ask of the check, with keys of its own. */
static void request_wants(struct check_request *request, const struct deciding *d, size_t index)
{
    const struct ruleset *rules = d->snapshot->rules;
    size_t ask_count = rules->ask_count[d->chain];

    request->wants = xcalloc(ask_count > 0 ? ask_count : 1, sizeof *request->wants);
    for (size_t i = 0; i < ask_count; i++) {
        struct fact_ref want = rules->asks[d->chain][i];
        if (check_of(&want) != (int)index)
            continue;
        want.key = span_from(xstrndup(want.key.len > 0 ? want.key.ptr : "", want.key.len),
                             want.key.len);
        request->wants[request->want_count++] = want;
    }
}

/* [policy] asks about one recipient at a time. */
static struct facts *request_facts(const struct deciding *d)
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

static struct check_request *request_new(struct deciding *d, size_t index)
{
    const struct check *check = checks_at(index);
    struct check_request *request = xcalloc(1, sizeof *request);

    request->mailbox = mailbox_pin(d->mailbox);
    request->check = (int)index;
    request->begun = d->begun;
    request->deadline = d->deadline;
    request->references = 1;
    request->message_fd = -1;
    if (check->reads_message && d->message_fd >= 0)
        request->message_fd = fcntl(d->message_fd, F_DUPFD_CLOEXEC, 0);
    if (check->reads_facts)
        request->facts = request_facts(d);
    request->is_trial = d->is_trial;
    if (d->transaction.len > 0)
        request->transaction =
            span_from(xstrndup(d->transaction.ptr, d->transaction.len), d->transaction.len);
    request_wants(request, d, index);
    return request;
}

static void settle_asked(struct deciding *d, size_t index, const char *reason)
{
    const struct ruleset *rules = d->snapshot->rules;

    for (size_t i = 0; i < rules->ask_count[d->chain]; i++) {
        const struct fact_ref *ref = &rules->asks[d->chain][i];
        if (check_of(ref) == (int)index && !is_learnt(d, ref))
            settle_unknown(d, NULL, ref, reason);
    }
}

void needs_start(struct deciding *d, size_t index)
{
    struct check_request *request;
    struct err err;

    if ((d->started & (1u << index)) != 0)
        return;
    d->started |= 1u << index;
    err_reset(&err);
    request = request_new(d, index);
    if (checks_at(index)->start(request, &err) != 0) {
        d->answered |= 1u << index;
        settle_asked(d, index, err.text);
    }
    check_request_unpin(&request);
}

bool needs_take_answers(struct deciding *d)
{
    uint32_t before = d->answered;
    struct facts *answer;
    int check;

    while ((answer = mailbox_take(d->mailbox, &check)) != NULL) {
        bool is_whole = facts_merge(d->message, answer);
        facts_free(&answer);
        d->answered |= 1u << check;
        settle_asked(d, (size_t)check, is_whole ? "not learnt" : "too large");
    }
    return d->answered != before;
}

bool needs_meet(struct deciding *d, struct facts *recipient,
                const struct evaluation *evaluation)
{
    bool is_late = clock_mono_ms() >= d->deadline;
    bool must_wait = false;

    for (size_t i = 0; i < evaluation->need_count; i++) {
        const struct fact_ref *need = &evaluation->needs[i];
        int check = check_of(need);
        if (check >= 0)
            needs_start(d, (size_t)check);
        if (check >= 0 && (d->answered & (1u << check)) == 0 && !is_late)
            must_wait = true;
        else if (check < 0)
            settle_unknown(d, recipient, need, "not learnt by this version");
        else if (!is_learnt(d, need))
            settle_unknown(d, recipient, need, is_late ? "deadline" : "not learnt");
    }
    return must_wait;
}
