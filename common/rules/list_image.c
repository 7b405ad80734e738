/* list_image.c - opens an image: checks every offset once, so that look-ups need not. Never reads what it has not checked. */
#include <endian.h>
#include "base/xalloc.h"
#include "rules/list_format.h"

const size_t list_element_size[SECTION__COUNT] = {
    [SECTION_NETS] = sizeof(struct list_net),
    [SECTION_V4_KEYS] = sizeof(uint32_t),
    [SECTION_V4_COVERS] = sizeof(uint32_t),
    [SECTION_V6_KEYS] = sizeof(uint64_t),
    [SECTION_V6_LOWS] = sizeof(uint64_t),
    [SECTION_V6_COVERS] = sizeof(uint32_t),
    [SECTION_TEXT] = 1,
    [SECTION_OFFSETS] = sizeof(uint32_t),
    [SECTION_SLOTS] = sizeof(struct list_slot),
};

size_t list_tree_shape(struct list_tree *tree, size_t ranges)
{
    size_t total = 0, size = ranges;

    tree->ranges = ranges;
    tree->levels = 0;
    do {
        size_t blocks = (size + LIST_BLOCK - 1) / LIST_BLOCK;
        tree->level_at[tree->levels] = total;
        tree->level_size[tree->levels++] = size;
        total += blocks * LIST_BLOCK;
        size = blocks;
    } while (size > 1);
    return total;
}

struct list_key6 list_key_of(const uint8_t byte[16])
{
    struct list_key6 key;

    memcpy(&key, byte, sizeof key);
    key.high = be64toh(key.high);
    key.low = be64toh(key.low);
    return key;
}

bool list_is_below(enum list_type type, struct span text)
{
    return (type == LIST_DOMAIN && text.ptr[0] == '.') ||
           (type == LIST_ADDRESS && text.ptr[0] == '@');
}

unsigned list_depth(enum list_type type, struct span text)
{
    unsigned dots = 0;

    for (size_t i = 0; type == LIST_DOMAIN && i < text.len; i++)
        dots += text.ptr[i] == '.';
    return dots < LIST_DEPTH_MAX ? dots : LIST_DEPTH_MAX;
}

static bool is_header_good(const struct list_header *header, size_t size)
{
    return memcmp(header->magic, LIST_MAGIC, sizeof header->magic) == 0 &&
           header->byte_order == LIST_BYTE_ORDER && header->type >= LIST_IP &&
           header->type < LIST_PATTERN && header->total == size &&
           header->count <= LIST_MAX_ITEMS;
}

static bool are_sections_inside(const struct list_header *header)
{
    for (size_t i = 0; i < SECTION__COUNT; i++) {
        const struct list_extent *extent = &header->section[i];
        if (extent->count == 0)
            continue;
        if (extent->offset < sizeof *header || extent->offset % LIST_ALIGN != 0 ||
            extent->offset > header->total ||
            extent->count > (header->total - extent->offset) / list_element_size[i])
            return false;
    }
    return true;
}

static const void *section_at(const struct list_header *header, enum list_section section)
{
    if (header->section[section].count == 0)
        return NULL;
    return (const char *)header + header->section[section].offset;
}

static bool open_tree(struct list_tree *tree, const struct list_header *header,
                      enum list_section keys, enum list_section covers)
{
    uint64_t ranges = header->section[covers].count;

    /* each item opens one range and closes one; one more begins at zero, one behind IPv4 */
    if (ranges == 0 || ranges > 2 * header->count + 2)
        return false;
    if (list_tree_shape(tree, ranges) != header->section[keys].count)
        return false;
    tree->keys = section_at(header, keys);
    tree->covers = section_at(header, covers);
    for (size_t i = 0; i < ranges; i++)
        if (tree->covers[i] != LIST_NONE && tree->covers[i] >= header->count)
            return false;
    return true;
}

static bool open_nets(struct list_image *image)
{
    const struct list_header *header = image->header;

    if (header->section[SECTION_NETS].count != header->count)
        return false;
    if (header->count == 0)
        return true;
    image->nets = section_at(header, SECTION_NETS);
    for (size_t i = 0; i < header->count; i++) {
        uint32_t parent = image->nets[i].parent;
        /* a parent stands before its child, so that every walk upwards ends */
        if (image->nets[i].prefix > 128 || (parent != LIST_NONE && parent >= i))
            return false;
    }
    image->v6.lows = section_at(header, SECTION_V6_LOWS);
    if (header->section[SECTION_V6_LOWS].count != header->section[SECTION_V6_COVERS].count)
        return false;
    return open_tree(&image->v4, header, SECTION_V4_KEYS, SECTION_V4_COVERS) &&
           open_tree(&image->v6, header, SECTION_V6_KEYS, SECTION_V6_COVERS);
}

static bool is_text_inside(struct span text, uint32_t offset)
{
    uint16_t len;

    if (offset == 0 || offset > text.len || text.len - offset < sizeof len)
        return false;
    memcpy(&len, text.ptr + offset, sizeof len);
    return len <= LIST_MAX_ITEM && len <= text.len - offset - sizeof len;
}

static bool open_texts(struct list_image *image)
{
    const struct list_header *header = image->header;
    uint64_t slots = header->section[SECTION_SLOTS].count;

    if (header->section[SECTION_OFFSETS].count != header->count)
        return false;
    if (header->count == 0)
        return true;
    if (slots == 0 || (slots & (slots - 1)) != 0 || header->longest_probe >= slots)
        return false;
    image->text =
        span_from(section_at(header, SECTION_TEXT), header->section[SECTION_TEXT].count);
    image->offsets = section_at(header, SECTION_OFFSETS);
    image->slots = section_at(header, SECTION_SLOTS);
    image->slot_mask = slots - 1;
    for (size_t i = 0; i < header->count; i++)
        if (!is_text_inside(image->text, image->offsets[i]))
            return false;
    for (size_t i = 0; i < slots; i++)
        if (image->slots[i].offset != 0 && !is_text_inside(image->text, image->slots[i].offset))
            return false;
    return true;
}

struct list_image *list_image_open(struct span bytes, struct err *err)
{
    const void *start = bytes.ptr;
    const struct list_header *header = start;
    struct list_image image = {.header = header};

    if (bytes.len < sizeof *header || (uintptr_t)start % 8 != 0 ||
        !is_header_good(header, bytes.len) || !are_sections_inside(header) ||
        !(header->type == LIST_IP ? open_nets(&image) : open_texts(&image))) {
        err_set(err, "this is no list image of this version, or it is damaged; it is built "
                     "again from the list when policyd publishes");
        return NULL;
    }
    return xmemdup(&image, sizeof image);
}

void list_image_close(struct list_image **image)
{
    xfree(image);
}

enum list_type list_image_type(const struct list_image *image)
{
    return (enum list_type)image->header->type;
}

size_t list_image_count(const struct list_image *image)
{
    return image->header->count;
}

bool list_image_item(const struct list_image *image, size_t index, struct str *out)
{
    char buf[IP_TEXT_SIZE];
    struct ipnet net;
    uint16_t len;

    if (index >= image->header->count)
        return false;
    if (image->nets != NULL) {
        memcpy(net.ip.byte, image->nets[index].ip, sizeof net.ip.byte);
        net.prefix = (uint8_t)image->nets[index].prefix;
        str_adds(out, ipnet_text(&net, buf));
        return true;
    }
    memcpy(&len, image->text.ptr + image->offsets[index], sizeof len);
    str_add(out, span_from(image->text.ptr + image->offsets[index] + sizeof len, len));
    return true;
}
