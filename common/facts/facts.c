/* facts.c - the plain facts of one transaction; all bytes are copied into its arena. */
#include "facts/facts_inside.h"
#include "base/xalloc.h"

const struct fact facts_pending = {.state = FACT_PENDING};

struct facts *facts_new(void)
{
    struct facts *facts = xcalloc(1, sizeof *facts);

    facts->arena = arena_new();
    return facts;
}

void facts_free(struct facts **facts)
{
    struct facts *gone = *facts;

    *facts = NULL;
    if (gone == NULL)
        return;
    for (size_t i = 0; i < RECORD__COUNT; i++)
        xfree(&gone->lists[i].cells);
    xfree(&gone->keyed);
    arena_free(&gone->arena);
    xfree(&gone);
}

struct span facts_keep(struct facts *facts, struct span text)
{
    if (text.len > FACTS_MAX_REASON)
        text.len = FACTS_MAX_REASON;
    facts->bytes += text.len;
    return arena_span(facts->arena, text);
}

/* Bytes the values need; SIZE_MAX past a limit of their own. */
static size_t cost(const struct value *values, size_t count)
{
    size_t bytes = count * sizeof *values;

    if (count > FACTS_MAX_SET)
        return SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (values[i].text.len > FACTS_MAX_TEXT)
            return SIZE_MAX;
        bytes += values[i].text.len;
    }
    return bytes;
}

bool facts_store(struct facts *facts, struct fact *slot, const struct fact *fact)
{
    size_t need = fact->state == FACT_VALUE ? cost(fact->values, fact->count) : 0;
    struct fact source = *fact; /* may be the slot itself */
    struct value *values;

    if (need >
        FACTS_MAX_BYTES - (facts->bytes < FACTS_MAX_BYTES ? facts->bytes : FACTS_MAX_BYTES)) {
        *slot = (struct fact){.state = FACT_UNKNOWN, .reason = SPAN("too large")};
        return false;
    }
    *slot = (struct fact){.state = source.state};
    if (source.state == FACT_UNKNOWN)
        slot->reason = facts_keep(facts, source.reason);
    if (source.state != FACT_VALUE)
        return true;
    values = arena_array(facts->arena, source.count, sizeof *values);
    for (size_t i = 0; i < source.count; i++) {
        values[i] = source.values[i];
        if (source.values[i].text.len > 0)
            values[i].text = arena_span(facts->arena, source.values[i].text);
    }
    facts->bytes += need;
    slot->count = source.count;
    slot->values = values;
    return true;
}

const struct fact *facts_get(const struct facts *facts, enum fact_id id)
{
    return (unsigned)id < FACT_MESSAGE__COUNT ? &facts->plain[id] : &facts_pending;
}

bool facts_set_many(struct facts *facts, enum fact_id id, const struct value *values,
                    size_t count)
{
    struct fact fact = {.state = FACT_VALUE, .values = values};

    fact.count = count <= FACTS_MAX_SET ? (uint32_t)count : FACTS_MAX_SET + 1;
    return facts_store(facts, &facts->plain[id], &fact);
}

bool facts_set(struct facts *facts, enum fact_id id, struct value value)
{
    return facts_set_many(facts, id, &value, 1);
}

bool facts_set_number(struct facts *facts, enum fact_id id, int64_t number)
{
    return facts_set(facts, id, (struct value){.number = number});
}

bool facts_set_text(struct facts *facts, enum fact_id id, struct span text)
{
    return facts_set(facts, id, (struct value){.text = text});
}

bool facts_set_ip(struct facts *facts, enum fact_id id, const struct ip *ip)
{
    return facts_set(facts, id, (struct value){.ip = *ip});
}

void facts_set_absent(struct facts *facts, enum fact_id id)
{
    facts->plain[id] = (struct fact){.state = FACT_ABSENT};
}

void facts_set_unknown(struct facts *facts, enum fact_id id, struct span reason)
{
    struct fact fact = {.state = FACT_UNKNOWN, .reason = reason};

    facts_store(facts, &facts->plain[id], &fact);
}

void facts_forget(struct facts *facts, enum fact_id id)
{
    facts->plain[id] = facts_pending;
}

const struct fact *facts_view_get(const struct facts_view *view, enum fact_id id)
{
    bool is_recipients = (fact_table[id].flags & FACT_PER_RECIPIENT) != 0;

    if (!is_recipients)
        return facts_get(view->message, id);
    return view->recipient != NULL ? facts_get(view->recipient, id) : &facts_pending;
}
