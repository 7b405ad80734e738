/* list_build_tree.c - lays a search tree over ranges: leaves, and above them levels of keys. */
#include "base/xalloc.h"
#include "rules/list_format.h"

/* Three widths of keys; all take the ranges, which are filled up to whole leaves. */
static void add_leaves4(struct str *out, size_t start, const struct list_range *ranges,
                        size_t count)
{
    struct list_leaf4 *leaves = xreallocarray(NULL, count, sizeof *leaves);

    for (size_t i = 0; i < count * LIST_BLOCK; i++) {
        leaves[i / LIST_BLOCK].key[i % LIST_BLOCK] = (uint32_t)ranges[i].first.low;
        leaves[i / LIST_BLOCK].cover[i % LIST_BLOCK] =
            list_cover(ranges[i].cover, ranges[i].length);
    }
    list_add_section(out, start, SECTION_V4_LEAVES, leaves, count);
    xfree(&leaves);
}

static void add_leaves6(struct str *out, size_t start, const struct list_range *ranges,
                        size_t count)
{
    struct list_leaf6 *leaves = xreallocarray(NULL, count, sizeof *leaves);

    for (size_t i = 0; i < count * LIST_BLOCK; i++) {
        leaves[i / LIST_BLOCK].key[i % LIST_BLOCK] = ranges[i].first.high;
        leaves[i / LIST_BLOCK].cover[i % LIST_BLOCK] =
            list_cover(ranges[i].cover, ranges[i].length);
    }
    list_add_section(out, start, SECTION_V6_LEAVES, leaves, count);
    xfree(&leaves);
}

static void add_leaves6_long(struct str *out, size_t start, const struct list_range *ranges,
                             size_t count)
{
    struct list_leaf6_long *leaves = xreallocarray(NULL, count, sizeof *leaves);

    for (size_t i = 0; i < count * LIST_BLOCK; i++) {
        leaves[i / LIST_BLOCK].key[i % LIST_BLOCK] = ranges[i].first;
        leaves[i / LIST_BLOCK].cover[i % LIST_BLOCK] =
            list_cover(ranges[i].cover, ranges[i].length);
    }
    list_add_section(out, start, SECTION_V6_LONG_LEAVES, leaves, count);
    xfree(&leaves);
}

static void add_keys4(struct str *out, size_t start, const struct list_key6 *keys, size_t count)
{
    uint32_t *narrow = xreallocarray(NULL, count + 1, sizeof *narrow);

    for (size_t i = 0; i < count; i++)
        narrow[i] = (uint32_t)keys[i].low;
    list_add_section(out, start, SECTION_V4_KEYS, narrow, count);
    xfree(&narrow);
}

static void add_keys6(struct str *out, size_t start, const struct list_key6 *keys, size_t count)
{
    uint64_t *narrow = xreallocarray(NULL, count + 1, sizeof *narrow);

    for (size_t i = 0; i < count; i++)
        narrow[i] = keys[i].high;
    list_add_section(out, start, SECTION_V6_KEYS, narrow, count);
    xfree(&narrow);
}

static void add_keys6_long(struct str *out, size_t start, const struct list_key6 *keys,
                           size_t count)
{
    list_add_section(out, start, SECTION_V6_LONG_KEYS, keys, count);
}

struct width {
    void (*add_keys)(struct str *out, size_t start, const struct list_key6 *keys, size_t count);
    void (*add_leaves)(struct str *out, size_t start, const struct list_range *ranges,
                       size_t count);
};
static const struct width width4 = {add_keys4, add_leaves4};
static const struct width width6 = {add_keys6, add_leaves6};
static const struct width width6_long = {add_keys6_long, add_leaves6_long};

static const struct width *width_for(bool is_v4, const struct list_range *ranges, size_t count)
{
    if (is_v4)
        return &width4;
    for (size_t i = 0; i < count; i++)
        if (ranges[i].first.low != 0 || ranges[i].length > 64)
            return &width6_long;
    return &width6;
}

/* keys: as many as list_tree_shape says. */
static void fill_keys(const struct list_tree *tree, const struct list_range *ranges,
                      struct list_key6 *keys)
{
    for (unsigned level = 0; level < tree->levels; level++) {
        size_t size = tree->level_size[level];
        struct list_key6 *at = keys + tree->level_at[level];

        for (size_t i = 0; i < size; i++)
            at[i] = level == 0 ? ranges[i * LIST_BLOCK].first
                               : keys[tree->level_at[level - 1] + i * LIST_BLOCK];
        for (size_t i = size; i % LIST_BLOCK != 0; i++)
            at[i] = at[size - 1];
    }
}

void list_build_tree(struct str *out, size_t start, const struct list_range *ranges,
                     size_t count, bool is_v4)
{
    const struct width *width = width_for(is_v4, ranges, count);
    struct list_tree tree;
    size_t key_count = list_tree_shape(&tree, count / LIST_BLOCK);
    struct list_key6 *keys = xreallocarray(NULL, key_count + 1, sizeof *keys);

    fill_keys(&tree, ranges, keys);
    width->add_keys(out, start, keys, key_count);
    width->add_leaves(out, start, ranges, tree.leaf_count);
    xfree(&keys);
}
