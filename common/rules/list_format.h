/* The bytes of a list image, shared by who builds, opens and reads it. Native byte order: an image never leaves its machine.
 * A header, then sections, each at a multiple of 64 from the start. What a look-up touches is kept small or side by side: on large lists it
 * costs what it waits for memory.
 *
 *   ip     NETS: the items, sorted, parents before children. For IPv4 and for IPv6 a tree over the ranges into which the items cut all
 *          addresses. LEAVES: 16 ranges each, their first addresses and, beside them, the longest item around each; the last leaf
 *          is filled up with its last range. Where an item ends and none lies around it, no range begins: the cover says how many
 *          leading bits of the range's first address an address must share to be covered, so that a list of items that lie apart
 *          has one range for each. KEYS: the first address of each leaf, then of every 16th leaf, and so on up to one block of
 *          16; each level is filled up to whole blocks with its last key. IPv6 keys are the upper halves of addresses (V6), or,
 *          when a list tells apart what is within a /64, whole ones (V6_LONG); one of the two is there.
 *   others TEXT: a length of two bytes and the bytes, item after item, bucket after bucket of their hashes. TAGS: 8 bits of each item's
 *          hash, and behind the last 8 zeros. BUCKETS: the first item of each and where its text begins, and one more where all
 *          ends; a power of two, 4 to 8 items each on average. */
#ifndef RULES_LIST_FORMAT_H
#define RULES_LIST_FORMAT_H
#include "rules/list_image.h"

#define LIST_MAGIC        "PGLIST2\n"
#define LIST_BYTE_ORDER   0x01020304u
#define LIST_NONE         0xffffffffu
#define LIST_BLOCK        16 /* keys of a tree's block or leaf */
#define LIST_LEVELS       7  /* 16^7 leaves are more than LIST_MAX_ITEMS can make */
#define LIST_ALIGN        64
#define LIST_TAGS_AT_ONCE 8 /* a look-up reads so many from any item's on */

enum list_section {
    SECTION_NETS = 0,
    SECTION_V4_KEYS,
    SECTION_V4_LEAVES,
    SECTION_V6_KEYS,
    SECTION_V6_LEAVES,
    SECTION_V6_LONG_KEYS,
    SECTION_V6_LONG_LEAVES,
    SECTION_TEXT,
    SECTION_TAGS,
    SECTION_BUCKETS,
    SECTION__COUNT
};

struct list_net {
    uint8_t ip[16];
    uint32_t parent; /* index below its own, or LIST_NONE */
    uint32_t prefix;
};
struct list_key6 {
    uint64_t high, low;
};
/* cover: see list_cover */
struct list_leaf4 {
    uint32_t key[LIST_BLOCK];
    uint32_t cover[LIST_BLOCK];
};
struct list_leaf6 {
    uint64_t key[LIST_BLOCK];
    uint32_t cover[LIST_BLOCK];
};
struct list_leaf6_long {
    struct list_key6 key[LIST_BLOCK];
    uint32_t cover[LIST_BLOCK];
};

struct list_bucket {
    uint32_t first; /* item */
    uint32_t text;  /* of that item, in TEXT */
};

struct list_extent {
    uint64_t offset; /* from the start of the image */
    uint64_t count;  /* of elements */
};
struct list_header {
    char magic[8];
    uint32_t byte_order;
    uint32_t type;
    uint64_t total; /* bytes of the image */
    uint64_t count; /* items */
    uint64_t seed[2];
    /* Bit n is set when an item with n dots (LIST_DEPTH_MAX: or more; only domains have depths) is there: by itself, or for what is
     * below it (".x", "@x"). Saves most look-ups on the way up from a name. */
    uint64_t depths_itself, depths_below;
    struct list_extent section[SECTION__COUNT];
};
extern const size_t list_element_size[SECTION__COUNT];

/* A range's cover as it is written: the item, above it the length. */
#define LIST_COVER_BITS 24
#define LIST_COVER_NONE 0xffffffu
_Static_assert(LIST_MAX_ITEMS < LIST_COVER_NONE, "an item's index fits a cover");
static inline uint32_t list_cover(uint32_t item, unsigned length)
{
    return (uint32_t)length << LIST_COVER_BITS | (item & LIST_COVER_NONE);
}
static inline uint32_t list_cover_item(uint32_t cover)
{
    return (cover & LIST_COVER_NONE) == LIST_COVER_NONE ? LIST_NONE : cover & LIST_COVER_NONE;
}

/* A search tree over the first keys of leaves, opened; without levels there is one leaf. */
struct list_tree {
    const void *keys;   /* of the section's type */
    const void *leaves; /* NULL: there is no such tree */
    size_t leaf_count;
    unsigned levels;
    size_t level_at[LIST_LEVELS];   /* first key of the level */
    size_t level_size[LIST_LEVELS]; /* without what fills up; [0] = leaf_count */
};
/* Where the levels over the leaves lie; returns how many keys there are in all. */
size_t list_tree_shape(struct list_tree *tree, size_t leaf_count);

struct list_image {
    const struct list_header *header;
    const struct list_net *nets;
    struct list_tree v4, v6, v6_long;
    struct span text;
    const uint8_t *tags;
    const struct list_bucket *buckets;
    size_t bucket_mask;
};

/* What of an item's hash says its bucket, and what is kept of it. */
static inline size_t list_bucket_of(uint64_t hash, size_t mask)
{
    return (size_t)(hash >> 32) & mask;
}
static inline uint8_t list_tag(uint64_t hash)
{
    return (uint8_t)hash;
}

/* NULL when the section is empty. */
const void *list_section_at(const struct list_header *header, enum list_section section);
/* Checks what stands in an image of texts and fills in the view. */
bool list_open_texts(struct list_image *image);
/* Item number index, which is below the count. */
struct span list_text_of(const struct list_image *image, size_t index);
/* The item that begins at `at`; *at moves behind it. */
static inline struct span list_text_next(const struct list_image *image, size_t *at)
{
    const char *text = image->text.ptr + *at;
    uint16_t len;

    memcpy(&len, text, sizeof len);
    *at += sizeof len + len;
    return span_from(text + sizeof len, len);
}

/* Most dots counted apart. */
#define LIST_DEPTH_MAX 63
/* Does the text stand for what is below it: ".x" in a list of domains, "@x" in one of addresses? */
bool list_is_below(enum list_type type, struct span text);
/* Its dots in a list of domains, else 0. */
unsigned list_depth(enum list_type type, struct span text);

/* The item as a 128-bit number. */
struct list_key6 list_key_of(const uint8_t byte[16]);

/* Builders of the two kinds; append a whole image to out. */
int list_build_nets(struct str *out, const struct span *items, size_t count, struct err *err);
int list_build_texts(struct str *out, enum list_type type, const struct span *items,
                     size_t count, struct err *err);
/* Ranges, sorted and filled up to whole leaves, of one family; start: where the image begins in out. */
struct list_range {
    struct list_key6 first;
    uint32_t cover; /* an item or LIST_NONE */
    unsigned
        length; /* how many leading bits an address must share; 0: the cover goes on to the next range */
};
void list_build_tree(struct str *out, size_t start, const struct list_range *ranges,
                     size_t count, bool is_v4);
/* Lays a section at the end of out and notes it in the header, which begins out at `start`. */
void list_add_section(struct str *out, size_t start, enum list_section section,
                      const void *elements, size_t count);
#endif
