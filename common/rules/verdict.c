/* verdict.c - one message, several recipients: what each gets and what the client is told. */
#include "rules/verdict.h"

static const struct outcome nobody = {
    .disposition = DISPOSITION_DEFER,
    .rule = -1,
    .code = "4.3.0",
    .text = {"no recipient is left", 20},
};

/* policy's answers let the recipient pass */
static enum disposition filtered(enum disposition disposition)
{
    return disposition < DISPOSITION_DELIVER ? DISPOSITION_DELIVER : disposition;
}

/* What the client is told when the recipients differ: the first of these that one of them has. A deferral is of the whole message; so is
 * hold; then whoever still gets it; and when nobody does, a rejection says why. */
static const enum disposition precedence[] = {
    DISPOSITION_DEFER,  DISPOSITION_HOLD,       DISPOSITION_DELIVER,
    DISPOSITION_REJECT, DISPOSITION_QUARANTINE, DISPOSITION_DISCARD,
};

static const struct outcome *first_with(const struct verdict *v, enum disposition disposition)
{
    for (size_t i = 0; i < v->recipient_count; i++)
        if (filtered(v->outcomes[i]->disposition) == disposition)
            return v->outcomes[i];
    return NULL;
}

static void decide_whole(struct verdict *v)
{
    v->whole = nobody.disposition;
    v->deciding = &nobody;
    for (size_t i = 0; i < sizeof precedence / sizeof precedence[0]; i++) {
        const struct outcome *of = first_with(v, precedence[i]);
        if (of == NULL)
            continue;
        v->whole = precedence[i];
        v->deciding = of;
        return;
    }
}

static bool goes_on(enum disposition disposition)
{
    return disposition == DISPOSITION_DELIVER || disposition == DISPOSITION_HOLD;
}

/* One deferred: all are, and the client brings the message again. One held: so are all who would get it. */
static enum disposition disposition_in(const struct verdict *v, enum disposition own)
{
    if (v->whole == DISPOSITION_DEFER)
        return DISPOSITION_DEFER;
    if (v->whole == DISPOSITION_HOLD && own == DISPOSITION_DELIVER)
        return DISPOSITION_HOLD;
    return own;
}

/* Is a copy stored because of this recipient? Whoever is rejected while others get the message is removed silently, so it is kept. */
static bool is_stored_for(const struct verdict *v, const struct outcome *of,
                          enum disposition disposition)
{
    switch (disposition) {
    case DISPOSITION_QUARANTINE:
        return true;
    case DISPOSITION_REJECT:
        return of->wants_quarantine || goes_on(v->whole);
    case DISPOSITION_DELIVER:
    case DISPOSITION_HOLD:
        return of->wants_keep;
    default:
        return false;
    }
}

static bool is_same_edit(const struct edit *a, const struct edit *b)
{
    return a->kind == b->kind && span_equal(a->name, b->name) && span_equal(a->value, b->value);
}

static void add_edit(struct verdict *v, struct edit *edits, const struct edit *edit)
{
    size_t at = v->edit_count;

    for (size_t i = 0; i < v->edit_count; i++)
        if (is_same_edit(&edits[i], edit))
            return;
    /* by rule, so that the order of recipients does not show */
    for (; at > 0 && edits[at - 1].rule > edit->rule; at--)
        edits[at] = edits[at - 1];
    edits[at] = *edit;
    v->edit_count++;
}

static bool is_seen(const struct verdict *v, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (v->outcomes[i] == v->outcomes[index])
            return true;
    return false;
}

static void unite_edits(struct arena *arena, struct verdict *v)
{
    struct edit *edits;
    size_t most = 0;

    for (size_t i = 0; i < v->recipient_count; i++)
        most += v->outcomes[i]->edit_count;
    edits = arena_array(arena, most + 1, sizeof *edits);
    for (size_t i = 0; i < v->recipient_count; i++) {
        const struct outcome *of = v->outcomes[i];
        if (!goes_on(v->each[i]) || of->edit_count == 0 || is_seen(v, i))
            continue;
        for (size_t k = 0; k < of->edit_count; k++)
            add_edit(v, edits, &of->edits[k]);
    }
    v->edits = edits;
}

struct verdict *verdict_combine(struct arena *arena, const struct outcome *const *outcomes,
                                size_t count)
{
    struct verdict *v = arena_alloc(arena, sizeof *v);
    enum disposition *each = arena_array(arena, count + 1, sizeof *each);

    v->recipient_count = count;
    v->outcomes = outcomes;
    v->each = each;
    decide_whole(v);
    for (size_t i = 0; i < count; i++) {
        each[i] = disposition_in(v, filtered(outcomes[i]->disposition));
        if (!is_stored_for(v, outcomes[i], each[i]))
            continue;
        v->wants_quarantine = true;
        v->stores_partly |= goes_on(v->whole) && !goes_on(each[i]);
    }
    v->keeps_delivering = v->wants_quarantine && goes_on(v->whole);
    unite_edits(arena, v);
    return v;
}

bool verdict_stores_for(const struct verdict *verdict, size_t recipient)
{
    enum disposition disposition = verdict->each[recipient];

    return is_stored_for(verdict, verdict->outcomes[recipient], disposition) &&
           !(verdict->stores_partly && goes_on(disposition));
}
