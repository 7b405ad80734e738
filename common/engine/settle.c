/* settle.c - what stands in the place of facts that could not be learnt: temperror where a fact has that word, else unknown. */
#include "engine/needs.h"
#include "engine/settle.h"

static void put(struct facts *facts, enum fact_id id, const struct fact *fact)
{
    if (fact->state == FACT_VALUE)
        facts_set_many(facts, id, fact->values, fact->count);
    else if (fact->state == FACT_ABSENT)
        facts_set_absent(facts, id);
    else if (fact->state == FACT_UNKNOWN)
        facts_set_unknown(facts, id, fact->reason);
}

static void fill(struct facts *to, const struct facts *from)
{
    for (int id = 0; id < FACT_MESSAGE__COUNT; id++)
        if (facts_get(to, (enum fact_id)id)->state == FACT_PENDING)
            put(to, (enum fact_id)id, facts_get(from, (enum fact_id)id));
}

bool settle_merge(struct deciding *d, const struct facts *from)
{
    if (!d->is_decided)
        return facts_merge(d->message, from);
    fill(d->message, from);
    return true;
}

void settle_unknown(struct deciding *d, struct facts *recipient, const struct fact_ref *ref,
                    const char *reason)
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

void settle_check(struct deciding *d, size_t index, const char *reason)
{
    const struct ruleset *rules = d->snapshot->rules;

    if (checks_at(index)->without != NULL) {
        struct facts *facts = facts_new();
        checks_at(index)->without(facts, reason);
        fill(d->message, facts);
        facts_free(&facts);
    }
    for (size_t i = 0; i < rules->ask_count[d->chain]; i++) {
        const struct fact_ref *ref = &rules->asks[d->chain][i];
        if (needs_check_of(ref) == (int)index && !needs_is_learnt(d, ref))
            settle_unknown(d, NULL, ref, reason);
    }
}

void settle_missing(struct deciding *d, size_t index, const char *reason)
{
    const struct check *check = checks_at(index);

    settle_check(d, index, reason);
    for (size_t i = 0; check->without == NULL && check->facts[i] != FACT__COUNT; i++) {
        struct fact_ref ref = {.fact = check->facts[i]};
        if (ref.fact < FACT_MESSAGE__COUNT && !needs_is_learnt(d, &ref))
            settle_unknown(d, NULL, &ref, reason);
    }
}
