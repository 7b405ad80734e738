/* block_write.c - writes facts as a flat block. */
#include "facts/block.h"
#include "facts/block_row.h"

enum block_kind block_kind_of(enum value_type type)
{
    switch (type) {
    case TYPE_IP:
        return KIND_IP;
    case TYPE_DOMAIN:
    case TYPE_ADDRESS:
    case TYPE_STRING:
        return KIND_TEXT;
    default:
        return KIND_NUMBER;
    }
}

/* Names get their number when they are first used; the name list is written in front at the end. */
struct writer {
    struct str rows, names;
    uint16_t name_count;
    uint16_t number_of[FACT__COUNT + RECORD__COUNT]; /* 0: not used yet */
};

static void put_number(struct str *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        str_addc(out, (char)(number >> (8 * i) & 0xff));
}

static void put_text(struct str *out, struct span text)
{
    put_number(out, text.len, 4);
    str_add(out, text);
}

static uint16_t name_number(struct writer *w, size_t slot, const char *name,
                            enum block_kind kind)
{
    if (w->number_of[slot] == 0) {
        put_number(&w->names, kind, 1);
        put_number(&w->names, strlen(name), 1);
        str_adds(&w->names, name);
        w->number_of[slot] = ++w->name_count;
    }
    return (uint16_t)(w->number_of[slot] - 1);
}

static void put_head(struct writer *w, uint16_t name, enum block_form form,
                     enum fact_state state, uint32_t number)
{
    put_number(&w->rows, name, 2);
    put_number(&w->rows, form, 1);
    put_number(&w->rows, state, 1);
    put_number(&w->rows, number, 4);
}

static void put_value(struct str *out, enum block_kind kind, const struct value *value)
{
    if (kind == KIND_NUMBER)
        put_number(out, (uint64_t)value->number, 8);
    else if (kind == KIND_IP)
        str_add(out, span_from(value->ip.byte, BLOCK_IP_BYTES));
    else
        put_text(out, value->text);
}

static void put_fact(struct writer *w, enum fact_id id, enum block_form form, uint32_t number,
                     const struct keyed_fact *keyed)
{
    enum block_kind kind = block_kind_of(fact_table[id].type);
    const struct fact *fact = &keyed->fact;

    put_head(w, name_number(w, id, fact_table[id].name, kind), form, fact->state, number);
    if (form == FORM_KEYED)
        put_text(&w->rows, keyed->key);
    if (fact->state == FACT_UNKNOWN)
        put_text(&w->rows, fact->reason);
    if (fact->state != FACT_VALUE)
        return;
    put_number(&w->rows, fact->count, 4);
    for (uint32_t i = 0; i < fact->count; i++)
        put_value(&w->rows, kind, &fact->values[i]);
}

static void put_elements(struct writer *w, const struct facts *facts, enum record record)
{
    const struct record_list *list = facts_records(facts, record);
    size_t first = record_first(record), width = record_count(record);

    for (uint32_t i = 0; i < list->count && w->rows.len < BLOCK_MAX_BYTES; i++)
        for (size_t id = first; id < first + width; id++) {
            struct keyed_fact cell = {
                .fact = *facts_record_get(facts, record, i, (enum fact_id)id)};
            if (cell.fact.state != FACT_ABSENT)
                put_fact(w, (enum fact_id)id, FORM_ELEMENT, i, &cell);
        }
}

static void put_list(struct writer *w, const struct facts *facts, enum record record)
{
    const struct record_list *list = facts_records(facts, record);
    uint16_t name;

    if (list->state == FACT_PENDING)
        return;
    name = name_number(w, FACT__COUNT + (size_t)record, names_name(record_names, (int)record),
                       KIND_LIST);
    put_head(w, name, FORM_LIST, list->state, (uint32_t)list->count);
    put_number(&w->rows, list->is_incomplete, 1);
    put_text(&w->rows, list->reason);
    put_elements(w, facts, record);
}

static void put_all(struct writer *w, const struct facts *facts)
{
    for (size_t id = 0; id < FACT_MESSAGE__COUNT; id++) {
        struct keyed_fact plain = {.fact = *facts_get(facts, (enum fact_id)id)};
        if (plain.fact.state != FACT_PENDING && (fact_table[id].flags & FACT_EVALUATION) == 0)
            put_fact(w, (enum fact_id)id, FORM_PLAIN, 0, &plain);
    }
    for (size_t i = 0; i < facts_keyed_count(facts); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(facts, i);
        if (keyed->fact.state != FACT_PENDING &&
            (fact_table[keyed->id].flags & FACT_EVALUATION) == 0)
            put_fact(w, keyed->id, FORM_KEYED, 0, keyed);
    }
    for (size_t i = RECORD_NONE + 1; i < RECORD__COUNT; i++)
        put_list(w, facts, (enum record)i);
}

int block_write(struct str *out, const struct facts *facts, struct err *err)
{
    struct writer w = {.name_count = 0};
    size_t total;
    int result = 0;

    put_all(&w, facts);
    total = BLOCK_HEAD + w.names.len + w.rows.len;
    if (total <= BLOCK_MAX_BYTES) {
        str_adds(out, BLOCK_MAGIC);
        put_number(out, total, 4);
        put_number(out, w.name_count, 2);
        str_add(out, str_span(&w.names));
        str_add(out, str_span(&w.rows));
    } else {
        result = err_set(err, "the facts need %zu bytes or more; a block holds %d", total,
                         BLOCK_MAX_BYTES);
    }
    str_clear(&w.names);
    str_clear(&w.rows);
    return result;
}
