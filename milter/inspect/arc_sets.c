/* arc_sets.c - sorts the fields of ARC into their sets (RFC 8617 section 5.2, steps 1 and 3). */
#include "milter/inspect/arc_sets.h"
#include "mail/tags.h"

#define FIELDS_MAX (3 * SENDER_SEALS_MAX)

static const struct part {
    struct span name;
    bool is_tags; /* i= stands among other tags; else it stands first, before a semicolon */
    size_t place; /* in struct arc_set */
} parts[] = {
    {{"ARC-Authentication-Results", 26}, false, offsetof(struct arc_set, results)},
    {{"ARC-Message-Signature", 21}, true, offsetof(struct arc_set, message)},
    {{"ARC-Seal", 8}, true, offsetof(struct arc_set, seal)},
};
#define PARTS (sizeof parts / sizeof *parts)

static void fail(struct arc_chain *chain, const char *reason)
{
    chain->result = ARC_FAIL;
    chain->reason = reason;
}

/* "i=2; ..." with blanks anywhere between. */
static struct span leading_instance(struct span value)
{
    struct span first, name;

    if (!span_cut(&value, ';', &first) || value.ptr == NULL || !span_cut(&first, '=', &name) ||
        first.ptr == NULL || !span_is(span_trim(name), "i"))
        return SPAN("");
    return span_trim(first);
}

/* 1 to SENDER_SEALS_MAX; 0: there is none. */
static size_t instance_of(const struct part *part, struct span value)
{
    struct tags tags;
    struct span text;
    uint64_t instance;

    if (!part->is_tags)
        text = leading_instance(value);
    else
        text = tags_read(value, &tags, NULL) < 0 ? SPAN("") : tags_value(&tags, "i", SPAN(""));
    return span_to_u64(text, SENDER_SEALS_MAX, &instance) ? (size_t)instance : 0;
}

/* Puts one field into its set. False: it has none, or its place is taken. */
static bool place(struct arc_chain *chain, const struct part *part,
                  const struct dkim_field *field, size_t at)
{
    size_t instance = instance_of(part, field->value);
    size_t *to;

    if (instance == 0) {
        fail(chain, "a field of ARC without an instance from 1 to 50");
        return false;
    }
    to = (size_t *)(void *)((char *)&chain->sets[instance - 1] + part->place);
    if (*to != DKIM_NO_FIELD) {
        fail(chain, "two fields of one kind and instance");
        return false;
    }
    *to = at;
    if (instance > chain->count)
        chain->count = instance;
    return true;
}

static bool place_all(struct signed_message *message, struct arc_chain *chain,
                      const struct part *part)
{
    const struct dkim_header *header = &message->header;
    const struct dkim_group *group = dkim_header_group(header, part->name);

    if (group != NULL && group->count > FIELDS_MAX) {
        fail(chain, "too many fields of ARC");
        return false;
    }
    for (size_t i = 0; group != NULL && i < group->count; i++) {
        size_t at = header->by_name[group->first + i];

        if (!place(chain, part, &header->fields[at], at))
            return false;
    }
    return true;
}

void arc_sets_find(struct signed_message *message, struct arc_chain *chain)
{
    for (size_t i = 0; i < SENDER_SEALS_MAX; i++)
        chain->sets[i] = (struct arc_set){DKIM_NO_FIELD, DKIM_NO_FIELD, DKIM_NO_FIELD};
    for (size_t i = 0; i < PARTS; i++)
        if (!place_all(message, chain, &parts[i]))
            return;
    for (size_t i = 0; i < chain->count; i++)
        if (chain->sets[i].results == DKIM_NO_FIELD ||
            chain->sets[i].message == DKIM_NO_FIELD || chain->sets[i].seal == DKIM_NO_FIELD) {
            fail(chain, "a set is not complete");
            return;
        }
    if (chain->count == 0)
        chain->result = ARC_NONE;
}
