/* needs.c - starts checks for needed facts, each after those it works with, and takes their answers. */
#include "base/clock.h"
#include "engine/needs.h"
#include "engine/request.h"
#include "engine/settle.h"

static uint32_t bit(size_t index)
{
    return 1u << index;
}

int needs_check_of(const struct fact_ref *ref)
{
    return checks_for(ref->record != RECORD_NONE ? record_first(ref->record) : ref->fact);
}

bool needs_is_learnt(const struct deciding *d, const struct fact_ref *ref)
{
    if (ref->record != RECORD_NONE)
        return facts_records(d->message, ref->record)->state != FACT_PENDING;
    if (ref->fact >= FACT_FUNCTION__FIRST)
        return facts_keyed(d->message, ref->fact, ref->key)->state != FACT_PENDING;
    return facts_get(d->message, ref->fact)->state != FACT_PENDING;
}

/* The checks that have still to say what this one works with. */
static uint32_t lacking(const struct deciding *d, size_t index)
{
    const enum fact_id *needs = check_needs(checks_at(index));
    uint32_t bits = 0;

    for (; *needs != FACT__COUNT; needs++) {
        struct fact_ref ref = {.fact = *needs, .record = fact_table[*needs].record};
        int check = needs_check_of(&ref);
        if (check >= 0 && !needs_is_learnt(d, &ref))
            bits |= bit((size_t)check);
    }
    return bits & ~d->answered;
}

/* A check that is noted already is not gone into again: no circle of needs goes on for ever. */
void needs_want(struct deciding *d, size_t index)
{
    uint32_t first;

    if ((d->wanted & bit(index)) != 0)
        return;
    d->wanted |= bit(index);
    first = lacking(d, index);
    for (size_t i = 0; i < checks_count(); i++)
        if ((first & bit(i)) != 0)
            needs_want(d, i);
}

static void start_now(struct deciding *d, size_t index)
{
    struct check_request *request = request_new(d, index);
    struct err err;

    err_reset(&err);
    d->held &= ~bit(index);
    d->started |= bit(index);
    if (checks_at(index)->start(request, &err) != 0) {
        d->answered |= bit(index);
        settle_missing(d, index, err.text);
    }
    check_request_unpin(&request);
}

/* A start that fails answers at once, and others may have waited for that: each turn starts one or is the last. */
static void start_held(struct deciding *d)
{
    for (size_t i = 0; i < checks_count(); i++) {
        if ((d->held & bit(i)) == 0 || lacking(d, i) != 0)
            continue;
        start_now(d, i);
        i = (size_t)-1;
    }
}

void needs_start(struct deciding *d, size_t index)
{
    uint32_t first;

    if (((d->started | d->held) & bit(index)) != 0)
        return;
    d->held |= bit(index);
    first = lacking(d, index);
    for (size_t i = 0; i < checks_count(); i++)
        if ((first & bit(i)) != 0)
            needs_start(d, i);
    start_held(d);
}

bool needs_take_answers(struct deciding *d)
{
    uint32_t before = d->answered;
    struct facts *answer;
    int check;

    while ((answer = mailbox_take(d->mailbox, &check)) != NULL) {
        bool is_whole = settle_merge(d, answer);
        facts_free(&answer);
        d->answered |= bit((size_t)check);
        settle_check(d, (size_t)check, is_whole ? "not learnt" : "too large");
    }
    if (d->answered != before)
        start_held(d);
    return d->answered != before;
}

/* What it works with is late too: an inspection that no rule asks for must not be missed without a word. After the decision the message goes
 * its way all the same. */
static void settle_late(struct deciding *d, size_t index)
{
    uint32_t late = bit(index) | (d->is_decided ? 0 : lacking(d, index));

    d->late |= late;
    for (size_t i = 0; i < checks_count(); i++)
        if ((late & bit(i)) != 0 && d->is_decided)
            settle_check(d, i, "deadline");
        else if ((late & bit(i)) != 0)
            settle_missing(d, i, "deadline");
}

bool needs_wait_for(struct deciding *d, size_t index)
{
    if ((d->answered & bit(index)) != 0 || (d->late & bit(index)) != 0)
        return false;
    if (clock_mono_ms() < d->deadline)
        return true;
    settle_late(d, index);
    return false;
}

bool needs_meet(struct deciding *d, struct facts *recipient,
                const struct evaluation *evaluation)
{
    bool must_wait = false;

    for (size_t i = 0; i < evaluation->need_count; i++) {
        const struct fact_ref *need = &evaluation->needs[i];
        int check = needs_check_of(need);
        if (check >= 0)
            needs_start(d, (size_t)check);
        if (check >= 0 && needs_wait_for(d, (size_t)check))
            must_wait = true;
        else if (check < 0)
            settle_unknown(d, recipient, need, "not learnt by this version");
        else if (!needs_is_learnt(d, need))
            settle_unknown(d, recipient, need, "not learnt");
    }
    return must_wait;
}

void needs_reopen(struct deciding *d)
{
    uint32_t open = d->late & ~d->answered;

    d->late = 0;
    for (size_t i = 0; i < checks_count(); i++) {
        const enum fact_id *facts = checks_at(i)->facts;
        for (; (open & bit(i)) != 0 && *facts != FACT__COUNT; facts++)
            if (*facts < FACT_MESSAGE__COUNT)
                facts_forget(d->message, *facts);
    }
}
