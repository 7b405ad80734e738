/* list_find.c - looks an address up in one image: some small levels that stay in the cache, then one leaf. */
#include "rules/list_find.h"

/* An image that lies (its keys are not sorted) gives a wrong answer, never a place outside: each step is held within its level. */
static size_t held(size_t at, size_t size)
{
    return at < size ? at : size - 1;
}

/* The last key of a block at or before `key`: which quarter, then which in it. Six comparisons and no branch that had to be guessed. */
static size_t within4(const uint32_t *block, uint32_t key)
{
    size_t at = 4 * ((size_t)(block[4] <= key) + (block[8] <= key) + (block[12] <= key));

    return at + (block[at + 1] <= key) + (block[at + 2] <= key) + (block[at + 3] <= key);
}

static size_t within6(const uint64_t *block, uint64_t key)
{
    size_t at = 4 * ((size_t)(block[4] <= key) + (block[8] <= key) + (block[12] <= key));

    return at + (block[at + 1] <= key) + (block[at + 2] <= key) + (block[at + 3] <= key);
}

static size_t is_from(const struct list_key6 *first, struct list_key6 key)
{
    return (first->high < key.high) | ((first->high == key.high) & (first->low <= key.low));
}

static size_t within6_long(const struct list_key6 *block, struct list_key6 key)
{
    size_t at =
        4 * (is_from(block + 4, key) + is_from(block + 8, key) + is_from(block + 12, key));

    return at + is_from(block + at + 1, key) + is_from(block + at + 2, key) +
           is_from(block + at + 3, key);
}

/* The first `length` bits. */
static uint64_t mask64(unsigned length)
{
    return length >= 64 ? UINT64_MAX : ~(UINT64_MAX >> length);
}

/* Does an address that differs in these bits from the range's first still lie in what covers that? */
static uint32_t covering(uint32_t cover, uint64_t differ_high, uint64_t differ_low)
{
    unsigned length = cover >> LIST_COVER_BITS;
    uint64_t outside =
        (differ_high & mask64(length)) | (differ_low & mask64(length > 64 ? length - 64 : 0));

    return outside == 0 ? list_cover_item(cover) : LIST_NONE;
}

/* Its lines side by side. */
static void fetch(const void *block, size_t size)
{
    for (size_t i = 0; i < size; i += LIST_ALIGN)
        __builtin_prefetch((const char *)block + i);
}

static uint32_t find4(const struct list_tree *tree, uint32_t key)
{
    const struct list_leaf4 *leaf = tree->leaves;
    const uint32_t *keys = tree->keys;
    size_t at = 0;

    for (unsigned level = tree->levels; level-- > 0;) {
        const uint32_t *block = keys + tree->level_at[level] + at * LIST_BLOCK;
        at = held(at * LIST_BLOCK + within4(block, key), tree->level_size[level]);
    }
    leaf += at;
    fetch(leaf, sizeof *leaf);
    at = within4(leaf->key, key);
    return covering(leaf->cover[at], (uint64_t)(leaf->key[at] ^ key) << 32, 0);
}

static uint32_t find6(const struct list_tree *tree, uint64_t key)
{
    const struct list_leaf6 *leaf = tree->leaves;
    const uint64_t *keys = tree->keys;
    size_t at = 0;

    for (unsigned level = tree->levels; level-- > 0;) {
        const uint64_t *block = keys + tree->level_at[level] + at * LIST_BLOCK;
        fetch(block, LIST_BLOCK * sizeof *block);
        at = held(at * LIST_BLOCK + within6(block, key), tree->level_size[level]);
    }
    leaf += at;
    fetch(leaf, sizeof *leaf);
    at = within6(leaf->key, key);
    return covering(leaf->cover[at], leaf->key[at] ^ key, 0);
}

static uint32_t find6_long(const struct list_tree *tree, struct list_key6 key)
{
    const struct list_leaf6_long *leaf = tree->leaves;
    const struct list_key6 *keys = tree->keys;
    size_t at = 0;

    for (unsigned level = tree->levels; level-- > 0;) {
        const struct list_key6 *block = keys + tree->level_at[level] + at * LIST_BLOCK;
        fetch(block, LIST_BLOCK * sizeof *block);
        at = held(at * LIST_BLOCK + within6_long(block, key), tree->level_size[level]);
    }
    leaf += at;
    fetch(leaf, sizeof *leaf);
    at = within6_long(leaf->key, key);
    return covering(leaf->cover[at], leaf->key[at].high ^ key.high,
                    leaf->key[at].low ^ key.low);
}

uint32_t list_find_ip(const struct list_image *image, const struct ip *ip)
{
    struct list_key6 key = list_key_of(ip->byte);

    if (image->nets == NULL)
        return LIST_NONE;
    if (ip_is_v4(ip))
        return find4(&image->v4, (uint32_t)key.low);
    return image->v6.leaves != NULL ? find6(&image->v6, key.high)
                                    : find6_long(&image->v6_long, key);
}

uint32_t list_find_net(const struct list_image *image, const struct list_net *net)
{
    struct ip ip;
    uint32_t at;

    memcpy(ip.byte, net->ip, sizeof ip.byte);
    at = list_find_ip(image, &ip);
    while (at != LIST_NONE && image->nets[at].prefix > net->prefix)
        at = image->nets[at].parent;
    if (at == LIST_NONE || image->nets[at].prefix != net->prefix)
        return LIST_NONE;
    return memcmp(image->nets[at].ip, net->ip, sizeof net->ip) == 0 ? at : LIST_NONE;
}
