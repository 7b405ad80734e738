/* eval_outcome.c - the outcome while it grows, its counters, and its copy into the caller's arena. */
#include <stdlib.h>
#include "rules/eval_inside.h"

#define FIRST_ROOM 8

void *eval_grow(struct arena *arena, const void *array, size_t count, size_t size)
{
    bool is_full = count == 0 || (count >= FIRST_ROOM && (count & (count - 1)) == 0);
    void *larger;

    if (!is_full)
        return (void *)(uintptr_t)array;
    larger = arena_array(arena, count == 0 ? FIRST_ROOM : 2 * count, size);
    if (count > 0)
        memcpy(larger, array, count * size);
    return larger;
}

void eval_add_reason(struct eval *e, struct reason reason)
{
    struct outcome *out = &e->outcome;
    struct reason *reasons =
        eval_grow(e->arena, out->reasons, out->reason_count, sizeof *reasons);

    reasons[out->reason_count++] = reason;
    out->reasons = reasons;
}

static bool is_counter(enum fact_id id)
{
    return id == FACT_COUNT_OF || id == FACT_SUM_OF || id == FACT_DISTINCT;
}

static int compare_refs(const void *a, const void *b)
{
    const struct fact_ref *left = a, *right = b;

    if (left->fact != right->fact)
        return left->fact < right->fact ? -1 : 1;
    return span_compare(left->key, right->key);
}

/* "messages auth.user,client.ip 3600": where a part of the key is known to have no value, there is nothing to count under. */
static bool has_key(const struct eval *e, struct span rest)
{
    struct span what, names, name;

    span_cut(&rest, ' ', &what);
    span_cut(&rest, ' ', &names);
    while (names.len > 0 && span_cut(&names, ',', &name)) {
        int id = fact_find(name, RECORD_NONE);
        struct term part = {.kind = TERM_FACT, .fact = (enum fact_id)id};
        struct operand operand;

        if (id == FACT_NONE)
            continue;
        eval_operand(e, &part, &operand);
        if (operand.fact.state == FACT_ABSENT || operand.fact.state == FACT_UNKNOWN)
            return false;
    }
    return true;
}

/* Whoever is asked about is counted, whatever the rules decide and in whatever order they stand. */
void eval_add_charges(struct eval *e, enum chain chain)
{
    struct fact_ref *charges = NULL;
    size_t count = 0;

    for (size_t i = 0; i < e->rules->ask_count[chain]; i++) {
        if (!is_counter(e->rules->asks[chain][i].fact) ||
            !has_key(e, e->rules->asks[chain][i].key))
            continue;
        charges = eval_grow(e->arena, charges, count, sizeof *charges);
        charges[count++] = e->rules->asks[chain][i];
    }
    if (count > 1)
        qsort(charges, count, sizeof *charges, compare_refs);
    e->outcome.charges = charges;
    e->outcome.charge_count = count;
}

static void *copy_array(struct arena *arena, const void *array, size_t count, size_t size)
{
    void *copy = arena_array(arena, count > 0 ? count : 1, size);

    if (count > 0)
        memcpy(copy, array, count * size);
    return copy;
}

static struct span *copy_spans(struct arena *arena, const struct span *spans, size_t count)
{
    struct span *copy = copy_array(arena, spans, count, sizeof *copy);

    for (size_t i = 0; i < count; i++)
        copy[i] = arena_span(arena, copy[i]);
    return copy;
}

static struct edit *copy_edits(struct arena *arena, const struct outcome *outcome)
{
    struct edit *copy = copy_array(arena, outcome->edits, outcome->edit_count, sizeof *copy);

    for (size_t i = 0; i < outcome->edit_count; i++) {
        copy[i].name = arena_span(arena, copy[i].name);
        copy[i].value = arena_span(arena, copy[i].value);
    }
    return copy;
}

static struct reason *copy_reasons(struct arena *arena, const struct outcome *outcome)
{
    struct reason *copy =
        copy_array(arena, outcome->reasons, outcome->reason_count, sizeof *copy);

    for (size_t i = 0; i < outcome->reason_count; i++) {
        copy[i].detail = arena_span(arena, copy[i].detail);
        copy[i].missing.key = arena_span(arena, copy[i].missing.key);
    }
    return copy;
}

struct outcome *eval_outcome_copy(struct arena *arena, const struct outcome *outcome)
{
    struct outcome *copy = copy_array(arena, outcome, 1, sizeof *copy);

    copy->text = arena_span(arena, outcome->text);
    copy->quarantine_reason = arena_span(arena, outcome->quarantine_reason);
    copy->tags = copy_spans(arena, outcome->tags, outcome->tag_count);
    copy->logs = copy_spans(arena, outcome->logs, outcome->log_count);
    copy->edits = copy_edits(arena, outcome);
    copy->reasons = copy_reasons(arena, outcome);
    copy->charges =
        copy_array(arena, outcome->charges, outcome->charge_count, sizeof *copy->charges);
    for (size_t i = 0; i < copy->charge_count; i++)
        ((struct fact_ref *)(uintptr_t)copy->charges)[i].key =
            arena_span(arena, copy->charges[i].key);
    return copy;
}
