/* list_find_text.c - looks a text up in one image: its bucket, the tags there, and only behind a tag that fits the text itself. */
#include <endian.h>
#include "base/hash.h"
#include "rules/list_find.h"

#define FETCHED 256 /* bytes of a bucket's text; most are not longer */

uint64_t list_hash(const struct list_image *image, struct span text)
{
    return hash_table64(image->header->seed, text);
}

static const struct list_bucket *bucket_of(const struct list_image *image, uint64_t hash)
{
    return &image->buckets[list_bucket_of(hash, image->bucket_mask)];
}

void list_fetch_bucket(const struct list_image *image, uint64_t hash)
{
    __builtin_prefetch(bucket_of(image, hash));
}

void list_fetch_items(const struct list_image *image, uint64_t hash)
{
    const struct list_bucket *bucket = bucket_of(image, hash);
    const char *text = image->text.ptr + bucket->text;

    __builtin_prefetch(image->tags + bucket->first);
    for (size_t i = 0; i < FETCHED; i += LIST_ALIGN)
        __builtin_prefetch(text + i);
}

/* The highest bit of each byte of word that is tag. */
static uint64_t equal_bytes(uint64_t word, uint8_t tag)
{
    uint64_t low = 0x7f7f7f7f7f7f7f7fu, differ = word ^ (uint64_t)tag * 0x0101010101010101u;

    return ~(((differ & low) + low) | differ | low);
}

/* Bit 8n + 7: the tag of item at + n, of which there are `left`, fits. */
static uint64_t fitting(const struct list_image *image, size_t at, size_t left, uint64_t hash)
{
    uint64_t word, fits;

    memcpy(&word, image->tags + at, sizeof word);
    fits = equal_bytes(le64toh(word), list_tag(hash));
    return left < LIST_TAGS_AT_ONCE ? fits & (((uint64_t)1 << 8 * left) - 1) : fits;
}

/* Is one of those items of the bucket that fit the wanted one? done: items before the first that fits speaks of. Only here is text read. */
static bool is_any(const struct list_image *image, const struct list_bucket *bucket,
                   size_t done, uint64_t fits, struct span wanted)
{
    size_t at = bucket->text;

    while (done-- > 0)
        list_text_next(image, &at);
    for (; fits != 0; fits >>= 8) {
        struct span item = list_text_next(image, &at);
        if ((fits & 0x80) != 0 && span_equal(item, wanted))
            return true;
    }
    return false;
}

bool list_find_text(const struct list_image *image, struct span text, uint64_t hash)
{
    const struct list_bucket *bucket = bucket_of(image, hash);
    size_t count = bucket[1].first - bucket->first;

    for (size_t done = 0; done < count; done += LIST_TAGS_AT_ONCE) {
        uint64_t fits = fitting(image, bucket->first + done, count - done, hash);
        if (fits != 0 && is_any(image, bucket, done, fits, text))
            return true;
    }
    return false;
}
