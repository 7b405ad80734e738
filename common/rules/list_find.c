/* list_find.c - looks an address or a text up in one image: a few cache lines whatever the size of the list. */
#include "rules/list_find.h"
#include "base/hash.h"

/* An image that lies (its keys are not sorted) gives a wrong answer, never a place outside: each step is held within its level. */
static size_t held(size_t at, size_t size)
{
    return at < size ? at : size - 1;
}

/* Binary within a block, always four steps, so that no branch has to be guessed. */
static unsigned within_v4(const uint32_t *block, uint32_t key)
{
    unsigned at = 0;

    for (unsigned step = LIST_BLOCK / 2; step > 0; step /= 2)
        at += block[at + step] <= key ? step : 0;
    return at;
}

static unsigned within_v6(const uint64_t *block, uint64_t key)
{
    unsigned at = 0;

    for (unsigned step = LIST_BLOCK / 2; step > 0; step /= 2)
        at += block[at + step] <= key ? step : 0;
    return at;
}

/* A block's lines are fetched side by side, and with those of the lowest level what covers its ranges. */
static void fetch_block(const struct list_tree *tree, unsigned level, const void *block,
                        size_t size, size_t at)
{
    for (size_t i = 0; i < size; i += LIST_ALIGN)
        __builtin_prefetch((const char *)block + i);
    if (level == 0)
        __builtin_prefetch(tree->covers + at * LIST_BLOCK);
}

static size_t search_v4(const struct list_tree *tree, uint32_t key)
{
    const uint32_t *keys = tree->keys;
    size_t at = 0;

    for (unsigned level = tree->levels; level-- > 0;) {
        const uint32_t *block = keys + tree->level_at[level] + at * LIST_BLOCK;
        fetch_block(tree, level, block, LIST_BLOCK * sizeof *block, at);
        at = held(at * LIST_BLOCK + within_v4(block, key), tree->level_size[level]);
    }
    return at;
}

static bool is_behind(const struct list_tree *tree, size_t at, struct list_key6 key)
{
    uint64_t high = ((const uint64_t *)tree->keys)[at];

    return high > key.high || (high == key.high && tree->lows[at] > key.low);
}

/* Several ranges begin within one /64: the plain binary search among the ranges up to `at`. Rare, so it may be slower. */
static size_t search_lows(const struct list_tree *tree, size_t at, struct list_key6 key)
{
    size_t low = 0, high = at + 1;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (is_behind(tree, middle, key))
            high = middle;
        else
            low = middle;
    }
    return low;
}

static size_t search_v6(const struct list_tree *tree, struct list_key6 key)
{
    const uint64_t *keys = tree->keys;
    size_t at = 0;

    for (unsigned level = tree->levels; level-- > 0;) {
        const uint64_t *block = keys + tree->level_at[level] + at * LIST_BLOCK;
        fetch_block(tree, level, block, LIST_BLOCK * sizeof *block, at);
        at = held(at * LIST_BLOCK + within_v6(block, key.high), tree->level_size[level]);
    }
    return is_behind(tree, at, key) ? search_lows(tree, at, key) : at;
}

uint32_t list_find_ip(const struct list_image *image, const struct ip *ip)
{
    struct list_key6 key = list_key_of(ip->byte);

    if (image->nets == NULL)
        return LIST_NONE;
    if (ip_is_v4(ip))
        return image->v4.covers[search_v4(&image->v4, (uint32_t)key.low)];
    return image->v6.covers[search_v6(&image->v6, key)];
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

uint64_t list_hash(const struct list_image *image, struct span text)
{
    return hash_table64(image->header->seed, text);
}

static size_t first_slot(const struct list_image *image, uint64_t hash)
{
    return (size_t)(hash >> 32) & image->slot_mask;
}

void list_prefetch(const struct list_image *image, uint64_t hash)
{
    if (image->slots != NULL)
        __builtin_prefetch(&image->slots[first_slot(image, hash)]);
}

static bool is_text_at(const struct list_image *image, uint32_t offset, struct span text)
{
    const char *at = image->text.ptr + offset;
    uint16_t len;

    memcpy(&len, at, sizeof len);
    return len == text.len && memcmp(at + sizeof len, text.ptr, len) == 0;
}

bool list_find_text(const struct list_image *image, struct span text, uint64_t hash)
{
    size_t at = first_slot(image, hash);

    if (image->slots == NULL)
        return false;
    for (uint64_t probe = 0; probe <= image->header->longest_probe; probe++) {
        const struct list_slot *slot = &image->slots[(at + probe) & image->slot_mask];
        if (slot->offset == 0)
            return false;
        if (slot->tag == (uint32_t)hash && is_text_at(image, slot->offset, text))
            return true;
    }
    return false;
}
