/* The bytes of a list image, shared by who builds, opens and reads it. Native byte order: an image never leaves its machine.
 *
 * header, then sections, each at a multiple of 64 from the start:
 *   ip     NETS: the items, sorted, parents before children; V4 and V6: disjoint ranges that together cover every address. KEYS holds the
 *          ranges' first addresses (IPv6: their upper halves; LOWS the lower ones) as the lowest level of a search tree, then every 16th of them, and so on up to one block of 16; each level
 *          is padded to whole blocks with the greatest key. COVERS names for each range the longest item around it.
 *   others TEXT: a length of two bytes and the bytes, item after item (offset 0 is nobody's); OFFSETS: where each item is; SLOTS: a
 *          hash table of at most half its size, by linear probing: 32 bits of the hash and the offset, 0 is empty. */
#ifndef RULES_LIST_FORMAT_H
#define RULES_LIST_FORMAT_H
#include "rules/list_image.h"

#define LIST_MAGIC      "PGLIST1\n"
#define LIST_BYTE_ORDER 0x01020304u
#define LIST_NONE       0xffffffffu
#define LIST_BLOCK      16 /* keys of a tree's block */
#define LIST_LEVELS     8  /* 16^7 ranges are more than LIST_MAX_ITEMS can make */
#define LIST_ALIGN      64

enum list_section {
    SECTION_NETS = 0,
    SECTION_V4_KEYS,
    SECTION_V4_COVERS,
    SECTION_V6_KEYS,
    SECTION_V6_LOWS,
    SECTION_V6_COVERS,
    SECTION_TEXT,
    SECTION_OFFSETS,
    SECTION_SLOTS,
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
struct list_slot {
    uint32_t tag;
    uint32_t offset;
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
    uint64_t longest_probe; /* slots from an item's own to where it lies */
    struct list_extent section[SECTION__COUNT];
};
extern const size_t list_element_size[SECTION__COUNT];

/* A search tree over ranges, opened. */
struct list_tree {
    const void *keys;     /* uint32_t, or uint64_t: the upper half of IPv6 addresses */
    const uint64_t *lows; /* IPv6: the lower half of each range's first address */
    const uint32_t *covers;
    size_t ranges;
    unsigned levels;
    size_t level_at[LIST_LEVELS];   /* first key of the level */
    size_t level_size[LIST_LEVELS]; /* without padding; [0] = ranges */
};
/* Where the levels over `ranges` lie; returns how many keys there are in all, padding included. */
size_t list_tree_shape(struct list_tree *tree, size_t ranges);

struct list_image {
    const struct list_header *header;
    const struct list_net *nets;
    struct list_tree v4, v6;
    struct span text;
    const uint32_t *offsets;
    const struct list_slot *slots;
    size_t slot_mask;
};

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
/* Lays a section at the end of out and notes it in the header, which begins out at `start`. */
void list_add_section(struct str *out, size_t start, enum list_section section,
                      const void *elements, size_t count);
#endif
