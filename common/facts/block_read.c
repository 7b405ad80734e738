/* block_read.c - reads a flat block as if an enemy had written it: every length, count, state and type is checked. */
#include "facts/block.h"
#include "facts/block_row.h"
#include "base/xalloc.h"

/* Longest address as text (mail/address.h) and domain; longer ones no writer of ours makes. */
#define TEXT_MAX_ADDRESS (1024 + 1 + 255)
#define TEXT_MAX_DOMAIN  255

struct name_entry {
    enum block_kind kind;
    int fact;   /* FACT_NONE: a name this version does not know, its rows are skipped */
    int record; /* of KIND_LIST; RECORD_NONE when not known */
};

struct reader {
    struct span rest;
    struct facts *facts; /* what was read so far */
    size_t name_count;
    struct name_entry names[BLOCK_MAX_NAMES];
    struct value *values; /* FACTS_MAX_SET of them */
    struct err *err;
};

struct row {
    const struct name_entry *name;
    enum block_form form;
    struct fact fact;
    uint32_t number;
    struct span key;
};

static int bad(struct reader *r, const char *what)
{
    return err_set(r->err, "not a block of facts: %s", what);
}

/* Takes bytes off the front; -1 when fewer are left. */
static int take(struct reader *r, size_t len, struct span *bytes_r)
{
    if (len > r->rest.len)
        return bad(r, "it ends in the middle");
    *bytes_r = span_from(r->rest.ptr, len);
    r->rest = span_from(r->rest.ptr + len, r->rest.len - len);
    return 0;
}

static int take_number(struct reader *r, size_t len, uint64_t *number_r)
{
    struct span bytes;

    if (take(r, len, &bytes) < 0)
        return -1;
    *number_r = 0;
    for (size_t i = 0; i < len; i++)
        *number_r |= (uint64_t)(uint8_t)bytes.ptr[i] << (8 * i);
    return 0;
}

static int take_text(struct reader *r, size_t most, struct span *text_r)
{
    uint64_t len;

    if (take_number(r, 4, &len) < 0)
        return -1;
    if (len > most)
        return bad(r, "a text is too long");
    return take(r, (size_t)len, text_r);
}

static int read_head(struct reader *r)
{
    size_t all = r->rest.len;
    struct span magic;
    uint64_t total;

    if (all > BLOCK_MAX_BYTES)
        return bad(r, "too large");
    if (take(r, 4, &magic) < 0 || take_number(r, 4, &total) < 0)
        return -1;
    if (!span_is(magic, BLOCK_MAGIC))
        return bad(r, "the first bytes are others");
    return total == all ? 0 : bad(r, "its length is not what it says");
}

static int check_name(struct reader *r, struct span text, struct name_entry *entry)
{
    entry->fact = entry->kind != KIND_LIST ? fact_find(text, RECORD_NONE) : FACT_NONE;
    entry->record = RECORD_NONE;
    if (entry->kind == KIND_LIST)
        names_value(record_names, text, &entry->record);
    if (entry->fact != FACT_NONE && block_kind_of(fact_table[entry->fact].type) != entry->kind)
        return bad(r, "a fact is of another type");
    if (entry->fact != FACT_NONE && (fact_table[entry->fact].flags & FACT_EVALUATION) != 0)
        return bad(r, "it holds what only an evaluation knows");
    return 0;
}

static int read_names(struct reader *r)
{
    uint64_t count, kind, len;
    struct span text;

    if (take_number(r, 2, &count) < 0)
        return -1;
    if (count > BLOCK_MAX_NAMES)
        return bad(r, "too many names");
    for (size_t i = 0; i < count; i++) {
        if (take_number(r, 1, &kind) < 0 || take_number(r, 1, &len) < 0 ||
            take(r, (size_t)len, &text) < 0)
            return -1;
        if (kind < KIND_LIST || kind > KIND_TEXT)
            return bad(r, "a kind of value that there is not");
        r->names[i].kind = (enum block_kind)kind;
        if (check_name(r, text, &r->names[i]) < 0)
            return -1;
    }
    r->name_count = (size_t)count;
    return 0;
}

static bool has_control(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    return false;
}

/* Does the value fit the fact's type? Texts are any bytes. */
static bool fits(const struct fact_row *row, const struct value *value)
{
    switch (row->type) {
    case TYPE_BOOL:
        return value->number == 0 || value->number == 1;
    case TYPE_ENUM:
        return value->number >= 0 && value->number <= INT32_MAX &&
               names_name(row->words, (int)value->number) != NULL;
    case TYPE_SIZE:
    case TYPE_DURATION:
        return value->number >= 0;
    case TYPE_DOMAIN:
        return value->text.len > 0 && value->text.len <= TEXT_MAX_DOMAIN &&
               !has_control(value->text);
    case TYPE_ADDRESS:
        return value->text.len > 0 && value->text.len <= TEXT_MAX_ADDRESS &&
               !has_control(value->text);
    case TYPE_NUMBER:
    case TYPE_SCORE:
    case TYPE_IP:
    case TYPE_STRING:
        return true;
    }
    return false;
}

static int read_value(struct reader *r, enum block_kind kind, struct value *value_r)
{
    uint64_t number;
    struct span bytes;

    *value_r = (struct value){.number = 0};
    if (kind == KIND_TEXT)
        return take_text(r, FACTS_MAX_TEXT, &value_r->text);
    if (kind == KIND_IP) {
        if (take(r, BLOCK_IP_BYTES, &bytes) < 0)
            return -1;
        memcpy(value_r->ip.byte, bytes.ptr, BLOCK_IP_BYTES);
        return 0;
    }
    if (take_number(r, 8, &number) < 0)
        return -1;
    value_r->number = (int64_t)number;
    return 0;
}

static int read_values(struct reader *r, struct row *row)
{
    int id = row->name->fact;
    bool is_set = id == FACT_NONE || (fact_table[id].flags & FACT_IS_SET) != 0;
    uint64_t count;

    if (take_number(r, 4, &count) < 0)
        return -1;
    if (count > FACTS_MAX_SET || (!is_set && count != 1))
        return bad(r, "a wrong number of values");
    for (size_t i = 0; i < count; i++) {
        if (read_value(r, row->name->kind, &r->values[i]) < 0)
            return -1;
        if (id != FACT_NONE && !fits(&fact_table[id], &r->values[i]))
            return bad(r, "a value that its fact cannot have");
    }
    row->fact.count = (uint32_t)count;
    row->fact.values = r->values;
    return 0;
}

/* The form must be the one in which the fact is kept. */
static bool form_fits(const struct row *row)
{
    int id = row->name->fact;

    if (row->form == FORM_LIST || row->name->kind == KIND_LIST)
        return row->form == FORM_LIST && row->name->kind == KIND_LIST;
    if (id == FACT_NONE)
        return true;
    if (id >= FACT_FUNCTION__FIRST)
        return row->form == FORM_KEYED;
    return row->form == (fact_table[id].record != RECORD_NONE ? FORM_ELEMENT : FORM_PLAIN);
}

static int read_row_head(struct reader *r, struct row *row)
{
    uint64_t name, form, state, number;

    if (take_number(r, 2, &name) < 0 || take_number(r, 1, &form) < 0 ||
        take_number(r, 1, &state) < 0 || take_number(r, 4, &number) < 0)
        return -1;
    if (name >= r->name_count)
        return bad(r, "a name that there is not");
    if (form < FORM_PLAIN || form > FORM_ELEMENT || state < FACT_VALUE || state > FACT_UNKNOWN)
        return bad(r, "a form or state that there is not");
    *row = (struct row){.name = &r->names[name], .form = (enum block_form)form};
    row->fact.state = (enum fact_state)state;
    row->number = (uint32_t)number;
    return form_fits(row) ? 0 : bad(r, "a fact in another's place");
}

static int read_row_body(struct reader *r, struct row *row)
{
    int id = row->name->fact;

    if (row->form == FORM_KEYED && take_text(r, FACTS_MAX_REASON, &row->key) < 0)
        return -1;
    if (row->fact.state == FACT_VALUE)
        return read_values(r, row);
    if (row->fact.state == FACT_UNKNOWN)
        return take_text(r, FACTS_MAX_REASON, &row->fact.reason);
    if (row->form == FORM_ELEMENT ||
        (id != FACT_NONE && (fact_table[id].flags & FACT_MAY_ABSENT) == 0))
        return bad(r, "a fact is absent that cannot be");
    return 0;
}

static int store_plain(struct reader *r, const struct row *row)
{
    enum fact_id id = (enum fact_id)row->name->fact;

    if (facts_get(r->facts, id)->state != FACT_PENDING)
        return bad(r, "a fact stands there twice");
    if (row->fact.state == FACT_ABSENT)
        facts_set_absent(r->facts, id);
    else if (row->fact.state == FACT_UNKNOWN)
        facts_set_unknown(r->facts, id, row->fact.reason);
    else if (!facts_set_many(r->facts, id, row->fact.values, row->fact.count))
        return bad(r, "more than fits");
    return 0;
}

static int store_keyed(struct reader *r, const struct row *row)
{
    enum fact_id id = (enum fact_id)row->name->fact;

    if (facts_keyed(r->facts, id, row->key)->state != FACT_PENDING)
        return bad(r, "a fact stands there twice");
    if (!facts_set_keyed(r->facts, id, row->key, &row->fact))
        return bad(r, "more than fits");
    return 0;
}

static int store_element(struct reader *r, const struct row *row)
{
    enum fact_id id = (enum fact_id)row->name->fact;
    enum record record = fact_table[id].record;

    if (facts_record_get(r->facts, record, row->number, id)->state != FACT_ABSENT)
        return bad(r, "a fact of no element, or twice");
    if (!facts_record_set(r->facts, record, row->number, id, &row->fact))
        return bad(r, "more than fits");
    return 0;
}

static int read_list(struct reader *r, const struct row *row)
{
    enum record record = (enum record)row->name->record;
    uint64_t is_incomplete;
    struct span reason;

    if (take_number(r, 1, &is_incomplete) < 0 || take_text(r, FACTS_MAX_REASON, &reason) < 0)
        return -1;
    if (record == RECORD_NONE)
        return 0;
    if (row->fact.state == FACT_ABSENT || is_incomplete > 1 ||
        row->number > FACTS_MAX_RECORDS ||
        facts_records(r->facts, record)->state != FACT_PENDING)
        return bad(r, "a list that cannot be");
    if (row->fact.state == FACT_UNKNOWN) {
        facts_records_unknown(r->facts, record, reason);
        return row->number == 0 && is_incomplete == 0 ? 0
                                                      : bad(r, "an unknown list has elements");
    }
    for (uint32_t i = 0; i < row->number; i++)
        facts_record_add(r->facts, record);
    facts_records_learnt(r->facts, record, is_incomplete == 1, reason);
    return 0;
}

static int (*const store[])(struct reader *r, const struct row *row) = {
    [FORM_PLAIN] = store_plain,
    [FORM_KEYED] = store_keyed,
    [FORM_ELEMENT] = store_element,
};

static int read_row(struct reader *r)
{
    struct row row;

    if (read_row_head(r, &row) < 0)
        return -1;
    if (row.form == FORM_LIST)
        return read_list(r, &row);
    if (read_row_body(r, &row) < 0)
        return -1;
    return row.name->fact != FACT_NONE ? store[row.form](r, &row) : 0;
}

static int read_all(struct reader *r)
{
    if (read_head(r) < 0 || read_names(r) < 0)
        return -1;
    while (r->rest.len > 0)
        if (read_row(r) < 0)
            return -1;
    return 0;
}

int block_read(struct facts *facts, struct span bytes, struct err *err)
{
    struct reader *r = xcalloc(1, sizeof *r);
    int result;

    r->rest = bytes;
    r->err = err;
    r->facts = facts_new();
    r->values = xcalloc(FACTS_MAX_SET, sizeof *r->values);
    result = read_all(r);
    if (result == 0)
        facts_merge(facts, r->facts);
    facts_free(&r->facts);
    xfree(&r->values);
    xfree(&r);
    return result;
}
