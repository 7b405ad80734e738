/* list_image.c - opens an image: checks every offset once, so that look-ups need not. Never reads what it has not checked. */
#include <endian.h>
#include "base/xalloc.h"
#include "rules/list_format.h"

const size_t list_element_size[SECTION__COUNT] = {
    [SECTION_NETS] = sizeof(struct list_net),
    [SECTION_V4_KEYS] = sizeof(uint32_t),
    [SECTION_V4_LEAVES] = sizeof(struct list_leaf4),
    [SECTION_V6_KEYS] = sizeof(uint64_t),
    [SECTION_V6_LEAVES] = sizeof(struct list_leaf6),
    [SECTION_V6_LONG_KEYS] = sizeof(struct list_key6),
    [SECTION_V6_LONG_LEAVES] = sizeof(struct list_leaf6_long),
    [SECTION_TEXT] = 1,
    [SECTION_TAGS] = sizeof(uint8_t),
    [SECTION_BUCKETS] = sizeof(struct list_bucket),
};

size_t list_tree_shape(struct list_tree *tree, size_t leaf_count)
{
    size_t total = 0, size = leaf_count;

    tree->leaf_count = leaf_count;
    tree->levels = 0;
    while (size > 1) {
        size_t blocks = (size + LIST_BLOCK - 1) / LIST_BLOCK;
        tree->level_at[tree->levels] = total;
        tree->level_size[tree->levels++] = size;
        total += blocks * LIST_BLOCK;
        size = blocks;
    }
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

const void *list_section_at(const struct list_header *header, enum list_section section)
{
    if (header->section[section].count == 0)
        return NULL;
    return (const char *)header + header->section[section].offset;
}

/* Covers lie behind the keys of each leaf. */
static bool are_covers_good(const struct list_tree *tree, size_t leaf_size, uint64_t items)
{
    size_t keys_size = leaf_size - LIST_BLOCK * sizeof(uint32_t);

    for (size_t i = 0; i < tree->leaf_count; i++) {
        const char *leaf = (const char *)tree->leaves + i * leaf_size;
        uint32_t cover[LIST_BLOCK];
        memcpy(cover, leaf + keys_size, sizeof cover);
        for (size_t k = 0; k < LIST_BLOCK; k++)
            if (list_cover_item(cover[k]) != LIST_NONE && list_cover_item(cover[k]) >= items)
                return false;
    }
    return true;
}

static bool open_tree(struct list_tree *tree, const struct list_header *header,
                      enum list_section keys, enum list_section leaves)
{
    uint64_t count = header->section[leaves].count;

    /* each item opens one range and closes one; one more begins at zero, one behind IPv4 */
    if (count > (2 * header->count + 2) / LIST_BLOCK + 1)
        return false;
    if (list_tree_shape(tree, count) != header->section[keys].count)
        return false;
    tree->keys = list_section_at(header, keys);
    tree->leaves = list_section_at(header, leaves);
    return are_covers_good(tree, list_element_size[leaves], header->count);
}

static bool open_nets(struct list_image *image)
{
    const struct list_header *header = image->header;

    if (header->section[SECTION_NETS].count != header->count)
        return false;
    if (header->count == 0)
        return true;
    image->nets = list_section_at(header, SECTION_NETS);
    for (size_t i = 0; i < header->count; i++) {
        uint32_t parent = image->nets[i].parent;
        /* a parent stands before its child, so that every walk upwards ends */
        if (image->nets[i].prefix > 128 || (parent != LIST_NONE && parent >= i))
            return false;
    }
    return open_tree(&image->v4, header, SECTION_V4_KEYS, SECTION_V4_LEAVES) &&
           open_tree(&image->v6, header, SECTION_V6_KEYS, SECTION_V6_LEAVES) &&
           open_tree(&image->v6_long, header, SECTION_V6_LONG_KEYS, SECTION_V6_LONG_LEAVES) &&
           image->v4.leaves != NULL &&
           (image->v6.leaves != NULL) != (image->v6_long.leaves != NULL);
}

struct list_image *list_image_open(struct span bytes, struct err *err)
{
    const void *start = bytes.ptr;
    const struct list_header *header = start;
    struct list_image image = {.header = header};

    if (bytes.len < sizeof *header || (uintptr_t)start % 8 != 0 ||
        !is_header_good(header, bytes.len) || !are_sections_inside(header) ||
        !(header->type == LIST_IP ? open_nets(&image) : list_open_texts(&image))) {
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

    if (index >= image->header->count)
        return false;
    if (image->nets != NULL) {
        memcpy(net.ip.byte, image->nets[index].ip, sizeof net.ip.byte);
        net.prefix = (uint8_t)image->nets[index].prefix;
        str_adds(out, ipnet_text(&net, buf));
        return true;
    }
    str_add(out, list_text_of(image, index));
    return true;
}
