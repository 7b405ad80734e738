/* facts_many.c - facts of which there are several: elements of records, facts with an argument; and copying all of them. */
#include "facts/facts_inside.h"
#include "base/xalloc.h"

const struct record_list *facts_records(const struct facts *facts, enum record record)
{
    return &facts->lists[record].public;
}

/* The cell of a record's fact, or NULL when there is none. */
static struct fact *cell(const struct facts *facts, enum record record, size_t index,
                         enum fact_id id)
{
    const struct facts_list *list = &facts->lists[record];
    size_t width = record_count(record), column = (size_t)id - (size_t)record_first(record);

    if (record == RECORD_NONE || index >= list->public.count || column >= width)
        return NULL;
    return &list->cells[index * width + column];
}

const struct fact *facts_record_get(const struct facts *facts, enum record record, size_t index,
                                    enum fact_id id)
{
    const struct fact *found = cell(facts, record, index, id);

    return found != NULL ? found : &facts_pending;
}

int facts_record_add(struct facts *facts, enum record record)
{
    struct facts_list *list = &facts->lists[record];
    size_t width = record_count(record), index = list->public.count;

    if (record == RECORD_NONE || index >= FACTS_MAX_RECORDS)
        return -1;
    if (index == list->capacity) {
        list->capacity = list->capacity > 0 ? list->capacity * 2 : 8;
        list->cells = xreallocarray(list->cells, list->capacity, width * sizeof *list->cells);
    }
    for (size_t i = 0; i < width; i++)
        list->cells[index * width + i] = (struct fact){.state = FACT_ABSENT};
    list->public.count++;
    return (int)index;
}

bool facts_record_set(struct facts *facts, enum record record, size_t index, enum fact_id id,
                      const struct fact *fact)
{
    struct fact *slot = cell(facts, record, index, id);

    return slot != NULL && facts_store(facts, slot, fact);
}

void facts_records_learnt(struct facts *facts, enum record record, bool is_incomplete,
                          struct span reason)
{
    struct record_list *list = &facts->lists[record].public;

    list->state = FACT_VALUE;
    list->is_incomplete = is_incomplete;
    list->reason = is_incomplete ? facts_keep(facts, reason) : (struct span){NULL, 0};
}

void facts_records_unknown(struct facts *facts, enum record record, struct span reason)
{
    struct record_list *list = &facts->lists[record].public;

    list->state = FACT_UNKNOWN;
    list->is_incomplete = false;
    list->count = 0;
    list->reason = facts_keep(facts, reason);
}

static struct keyed_fact *keyed_slot(const struct facts *facts, enum fact_id id,
                                     struct span key)
{
    for (size_t i = 0; i < facts->keyed_count; i++)
        if (facts->keyed[i].id == id && span_equal(facts->keyed[i].key, key))
            return &facts->keyed[i];
    return NULL;
}

const struct fact *facts_keyed(const struct facts *facts, enum fact_id id, struct span key)
{
    const struct keyed_fact *found = keyed_slot(facts, id, key);

    return found != NULL ? &found->fact : &facts_pending;
}

bool facts_set_keyed(struct facts *facts, enum fact_id id, struct span key,
                     const struct fact *fact)
{
    struct keyed_fact *slot = keyed_slot(facts, id, key);

    if (slot != NULL)
        return facts_store(facts, &slot->fact, fact);
    if (facts->keyed_count >= FACTS_MAX_KEYED || key.len > FACTS_MAX_REASON)
        return false;
    if (facts->keyed_count == facts->keyed_capacity) {
        facts->keyed_capacity = facts->keyed_capacity > 0 ? facts->keyed_capacity * 2 : 8;
        facts->keyed = xreallocarray(facts->keyed, facts->keyed_capacity, sizeof *facts->keyed);
    }
    slot = &facts->keyed[facts->keyed_count++];
    *slot = (struct keyed_fact){.id = id, .key = facts_keep(facts, key)};
    return facts_store(facts, &slot->fact, fact);
}

size_t facts_keyed_count(const struct facts *facts)
{
    return facts->keyed_count;
}

const struct keyed_fact *facts_keyed_at(const struct facts *facts, size_t index)
{
    return &facts->keyed[index];
}

/* The elements of `from` take the place of those that were there. */
static bool copy_list(struct facts *to, const struct facts *from, enum record record)
{
    const struct record_list *source = &from->lists[record].public;
    size_t width = record_count(record);
    bool is_whole = true;

    to->lists[record].public = (struct record_list){.state = source->state};
    for (size_t i = 0; i < source->count; i++) {
        int index = facts_record_add(to, record);
        struct fact *row = to->lists[record].cells + (size_t)index * width;
        for (size_t j = 0; j < width; j++)
            is_whole &= facts_store(to, &row[j], &from->lists[record].cells[i * width + j]);
    }
    to->lists[record].public.is_incomplete = source->is_incomplete;
    if (source->reason.len > 0)
        to->lists[record].public.reason = facts_keep(to, source->reason);
    return is_whole;
}

bool facts_merge(struct facts *to, const struct facts *from)
{
    bool is_whole = true;

    for (size_t id = 0; id < FACT_MESSAGE__COUNT; id++)
        if (from->plain[id].state != FACT_PENDING)
            is_whole &= facts_store(to, &to->plain[id], &from->plain[id]);
    for (size_t i = RECORD_NONE + 1; i < RECORD__COUNT; i++)
        if (from->lists[i].public.state != FACT_PENDING)
            is_whole &= copy_list(to, from, (enum record)i);
    for (size_t i = 0; i < from->keyed_count; i++)
        is_whole &=
            facts_set_keyed(to, from->keyed[i].id, from->keyed[i].key, &from->keyed[i].fact);
    return is_whole;
}

struct facts *facts_copy(const struct facts *facts)
{
    struct facts *copy = facts_new();

    facts_merge(copy, facts);
    for (size_t i = RECORD_NONE + 1; i < RECORD__COUNT; i++)
        if (facts->lists[i].public.state == FACT_PENDING && facts->lists[i].public.count > 0)
            copy_list(copy, facts, (enum record)i);
    return copy;
}
