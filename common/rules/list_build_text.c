/* list_build_text.c - an image of domains, addresses or strings: the items in the order of buckets of their hashes. */
#include "base/hash.h"
#include "base/xalloc.h"
#include "rules/list_format.h"

#define BUCKET_MIN 4 /* items of a bucket on average; below twice as many */

struct table {
    struct list_header header;
    const struct span *items;
    uint64_t *hashes; /* of each item */
    uint32_t *order;  /* the items, bucket by bucket, as they came within one */
    struct list_bucket *buckets;
    uint32_t
        *starts; /* first of each bucket in order, later without doubles; one more at the end */
    size_t bucket_count;
    struct str text;
    uint8_t *tags;
};

static size_t buckets_for(size_t count)
{
    size_t buckets = 1;

    while (2 * buckets * BUCKET_MIN <= count)
        buckets *= 2;
    return buckets;
}

static int hash_items(struct table *t, size_t count, struct err *err)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        if (t->items[i].len == 0 || t->items[i].len > LIST_MAX_ITEM)
            return err_set(err, "an item of %zu bytes; 1 to %d are possible", t->items[i].len,
                           LIST_MAX_ITEM);
        bytes += t->items[i].len + sizeof(uint16_t);
        t->hashes[i] = hash_table64(t->header.seed, t->items[i]);
    }
    if (bytes > UINT32_MAX)
        return err_set(err, "the list is larger than 4 GB; split it into several lists");
    return 0;
}

/* Counts each bucket, then gives each item its place. */
static void order_items(struct table *t, size_t count)
{
    size_t mask = t->bucket_count - 1;

    for (size_t i = 0; i < count; i++)
        t->starts[list_bucket_of(t->hashes[i], mask) + 1]++;
    for (size_t i = 0; i < t->bucket_count; i++)
        t->starts[i + 1] += t->starts[i];
    for (size_t i = 0; i < count; i++)
        t->order[t->starts[list_bucket_of(t->hashes[i], mask)]++] = (uint32_t)i;
    /* each start has moved to the next one's place */
    memmove(t->starts + 1, t->starts, t->bucket_count * sizeof *t->starts);
    t->starts[0] = 0;
}

/* Is the item among the last `count` ones, whose text begins at `at`? */
static bool is_there(const struct table *t, size_t at, size_t count, struct span item)
{
    uint16_t len;

    for (; count > 0; count--, at += sizeof len + len) {
        memcpy(&len, t->text.ptr + at, sizeof len);
        if (span_equal(span_from(t->text.ptr + at + sizeof len, len), item))
            return true;
    }
    return false;
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

static void add_item(struct table *t, struct span item, uint8_t tag)
{
    uint16_t len = (uint16_t)item.len;

    t->tags[t->header.count++] = tag;
    str_add(&t->text, span_from((const char *)&len, sizeof len));
    str_add(&t->text, item);
    note_depth(&t->header, item);
}

/* Doubles are dropped. */
static void add_bucket(struct table *t, size_t bucket)
{
    uint32_t first = (uint32_t)t->header.count, text = (uint32_t)t->text.len;

    t->buckets[bucket] = (struct list_bucket){first, text};
    for (size_t i = t->starts[bucket]; i < t->starts[bucket + 1]; i++) {
        struct span item = t->items[t->order[i]];
        if (!is_there(t, text, t->header.count - first, item))
            add_item(t, item, list_tag(t->hashes[t->order[i]]));
    }
}

static void add_buckets(struct table *t)
{
    for (size_t i = 0; i < t->bucket_count; i++)
        add_bucket(t, i);
    t->buckets[t->bucket_count] =
        (struct list_bucket){(uint32_t)t->header.count, (uint32_t)t->text.len};
}

static void write_table(struct str *out, size_t start, const struct table *t)
{
    memcpy(out->ptr + start, &t->header, sizeof t->header);
    if (t->header.count == 0)
        return;
    list_add_section(out, start, SECTION_TEXT, t->text.ptr, t->text.len);
    list_add_section(out, start, SECTION_TAGS, t->tags, t->header.count + LIST_TAGS_AT_ONCE);
    list_add_section(out, start, SECTION_BUCKETS, t->buckets, t->bucket_count + 1);
}

static void table_init(struct table *t, const struct span *items, size_t count)
{
    *t = (struct table){.items = items, .bucket_count = buckets_for(count)};
    t->hashes = xreallocarray(NULL, count + 1, sizeof *t->hashes);
    t->order = xreallocarray(NULL, count + 1, sizeof *t->order);
    t->buckets = xreallocarray(NULL, t->bucket_count + 1, sizeof *t->buckets);
    t->tags = xcalloc(count + LIST_TAGS_AT_ONCE, sizeof *t->tags);
    t->starts = xcalloc(t->bucket_count + 1, sizeof *t->starts);
}

static void table_clear(struct table *t)
{
    str_clear(&t->text);
    xfree(&t->hashes);
    xfree(&t->order);
    xfree(&t->buckets);
    xfree(&t->tags);
    xfree(&t->starts);
}

int list_build_texts(struct str *out, enum list_type type, const struct span *items,
                     size_t count, struct err *err)
{
    size_t start = out->len - sizeof(struct list_header);
    struct table t;
    int result;

    table_init(&t, items, count);
    memcpy(&t.header, out->ptr + start, sizeof t.header);
    t.header.type = type;
    result = hash_items(&t, count, err);
    if (result == 0) {
        order_items(&t, count);
        add_buckets(&t);
        write_table(out, start, &t);
    }
    table_clear(&t);
    return result;
}
