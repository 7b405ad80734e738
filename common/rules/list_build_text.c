/* list_build_text.c - an image of domains, addresses or strings: a hash table over the items' text. */
#include "base/hash.h"
#include "base/xalloc.h"
#include "rules/list_format.h"

struct table {
    struct list_header header;
    struct str text;
    struct list_slot *slots;
    size_t slot_count;
    uint32_t *offsets;
};

static size_t slots_for(size_t count)
{
    size_t slots = 2;

    while (slots < 2 * count)
        slots *= 2;
    return slots;
}

static bool is_item_at(const struct table *t, uint32_t offset, struct span item)
{
    uint16_t len;

    memcpy(&len, t->text.ptr + offset, sizeof len);
    return len == item.len && memcmp(t->text.ptr + offset + sizeof len, item.ptr, len) == 0;
}

static uint32_t add_text(struct table *t, struct span item)
{
    uint32_t offset = (uint32_t)t->text.len;
    uint16_t len = (uint16_t)item.len;

    str_add(&t->text, span_from(&len, sizeof len));
    str_add(&t->text, item);
    return offset;
}

static void note_depth(struct list_header *header, struct span item)
{
    enum list_type type = (enum list_type)header->type;
    uint64_t bit = (uint64_t)1 << list_depth(type, item);

    if (list_is_below(type, item))
        header->depths_below |= bit;
    else
        header->depths_itself |= bit;
}

/* Doubles are dropped. */
static void add_item(struct table *t, struct span item)
{
    uint64_t hash = hash_table64(t->header.seed, item);
    size_t at = (size_t)(hash >> 32) & (t->slot_count - 1);
    uint64_t probe = 0;

    for (; t->slots[at].offset != 0; at = (at + 1) & (t->slot_count - 1), probe++)
        if (t->slots[at].tag == (uint32_t)hash && is_item_at(t, t->slots[at].offset, item))
            return;
    t->slots[at] = (struct list_slot){(uint32_t)hash, add_text(t, item)};
    t->offsets[t->header.count++] = t->slots[at].offset;
    if (probe > t->header.longest_probe)
        t->header.longest_probe = probe;
    note_depth(&t->header, item);
}

static int add_items(struct table *t, const struct span *items, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].len == 0 || items[i].len > LIST_MAX_ITEM)
            return err_set(err, "an item of %zu bytes; 1 to %d are possible", items[i].len,
                           LIST_MAX_ITEM);
        if (t->text.len > UINT32_MAX - LIST_MAX_ITEM - 2)
            return err_set(err, "the list is larger than 4 GB; split it into several lists");
        add_item(t, items[i]);
    }
    return 0;
}

static void write_table(struct str *out, size_t start, const struct table *t)
{
    memcpy(out->ptr + start, &t->header, sizeof t->header);
    if (t->header.count == 0)
        return;
    list_add_section(out, start, SECTION_TEXT, t->text.ptr, t->text.len);
    list_add_section(out, start, SECTION_OFFSETS, t->offsets, t->header.count);
    list_add_section(out, start, SECTION_SLOTS, t->slots, t->slot_count);
}

int list_build_texts(struct str *out, enum list_type type, const struct span *items,
                     size_t count, struct err *err)
{
    size_t start = out->len - sizeof(struct list_header);
    struct table t = {.slot_count = slots_for(count)};
    int result;

    memcpy(&t.header, out->ptr + start, sizeof t.header);
    t.header.type = type;
    t.slots = xcalloc(t.slot_count, sizeof *t.slots);
    t.offsets = xreallocarray(NULL, count + 1, sizeof *t.offsets);
    str_addc(&t.text, '\0'); /* so that offset 0 is nobody's */
    result = add_items(&t, items, count, err);
    if (result == 0)
        write_table(out, start, &t);
    str_clear(&t.text);
    xfree(&t.slots);
    xfree(&t.offsets);
    return result;
}
