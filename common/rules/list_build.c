/* list_build.c - makes the bytes of an image from items; the two kinds of image are built in files of their own. */
#include "base/hash.h"
#include "rules/list_format.h"

void list_add_section(struct str *out, size_t start, enum list_section section,
                      const void *elements, size_t count)
{
    static const char zeros[LIST_ALIGN];
    size_t odd = (out->len - start) % LIST_ALIGN;
    struct list_header header;

    if (odd != 0)
        str_add(out, span_from(zeros, LIST_ALIGN - odd));
    memcpy(&header, out->ptr + start, sizeof header);
    header.section[section].offset = out->len - start;
    header.section[section].count = count;
    memcpy(out->ptr + start, &header, sizeof header);
    str_add(out, span_from(elements, count * list_element_size[section]));
}

/* The seed is drawn from the items: the same list gives the same bytes, and who does not know all of it cannot aim at a slot. */
static void draw_seed(struct list_header *header, const struct span *items, size_t count)
{
    struct hash_sha256 *hash = hash_sha256_new();
    uint8_t digest[HASH_SHA256_SIZE];

    for (size_t i = 0; i < count; i++) {
        hash_sha256_add(hash, items[i]);
        hash_sha256_add(hash, SPAN("\n"));
    }
    hash_sha256_end(&hash, digest);
    memcpy(header->seed, digest, sizeof header->seed);
}

int list_image_build(struct str *out, enum list_type type, const struct span *items,
                     size_t count, struct err *err)
{
    struct list_header header = {.byte_order = LIST_BYTE_ORDER, .type = type};
    size_t start = out->len;
    int result;

    if (type == LIST_PATTERN)
        return err_set(err, "a list of type pattern has no image; write its items in braces");
    if (count > LIST_MAX_ITEMS)
        return err_set(err, "the list has %zu items; at most %d are possible", count,
                       LIST_MAX_ITEMS);
    memcpy(header.magic, LIST_MAGIC, sizeof header.magic);
    draw_seed(&header, items, count);
    str_add(out, span_from(&header, sizeof header));
    result = type == LIST_IP ? list_build_nets(out, items, count, err)
                             : list_build_texts(out, type, items, count, err);
    if (result < 0) {
        str_truncate(out, start);
        return -1;
    }
    memcpy(&header, out->ptr + start, sizeof header);
    header.total = out->len - start;
    memcpy(out->ptr + start, &header, sizeof header);
    return 0;
}
