/* list_image_text.c - opens an image of texts and finds its items by number. */
#include "rules/list_format.h"

static bool is_text_inside(struct span text, size_t at)
{
    uint16_t len;

    if (at > text.len || text.len - at < sizeof len)
        return false;
    memcpy(&len, text.ptr + at, sizeof len);
    return len <= LIST_MAX_ITEM && len <= text.len - at - sizeof len;
}

/* Buckets follow one another, items and texts: each begins where the one before ends, the last ends where all ends. */
static bool are_buckets_good(const struct list_image *image, uint64_t count)
{
    const struct list_bucket *bucket = image->buckets;
    uint64_t items = image->header->count, item = 0;
    size_t at = 0;

    for (uint64_t i = 0; i < count; i++) {
        if (bucket[i].first != item || bucket[i].text != at || bucket[i + 1].first > items)
            return false;
        for (; item < bucket[i + 1].first; item++) {
            if (!is_text_inside(image->text, at))
                return false;
            list_text_next(image, &at);
        }
    }
    return bucket[count].first == item && item == items && bucket[count].text == at &&
           at == image->text.len;
}

bool list_open_texts(struct list_image *image)
{
    const struct list_header *header = image->header;
    uint64_t buckets = header->section[SECTION_BUCKETS].count;

    if (header->count == 0)
        return true;
    if (header->section[SECTION_TAGS].count != header->count + LIST_TAGS_AT_ONCE || buckets < 2)
        return false;
    buckets--; /* the last one only says where all ends */
    if ((buckets & (buckets - 1)) != 0)
        return false;
    image->text =
        span_from(list_section_at(header, SECTION_TEXT), header->section[SECTION_TEXT].count);
    image->tags = list_section_at(header, SECTION_TAGS);
    image->buckets = list_section_at(header, SECTION_BUCKETS);
    image->bucket_mask = buckets - 1;
    return are_buckets_good(image, buckets);
}

struct span list_text_of(const struct list_image *image, size_t index)
{
    size_t low = 0, high = image->bucket_mask + 1, at;

    while (high - low > 1) { /* the last bucket that begins at or before it */
        size_t middle = low + (high - low) / 2;
        if (image->buckets[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    at = image->buckets[low].text;
    for (size_t i = image->buckets[low].first; i < index; i++)
        list_text_next(image, &at);
    return list_text_next(image, &at);
}
