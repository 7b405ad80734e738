/* A list as one block of bytes: indexed, position-independent, checked once when opened, then only read; mapped read-only and shared by both
 * daemons. Look-ups hardly grow with the list: 1,000,000 items under 200 ns each, under 100 bytes an item.
 * ip: a search tree over ranges, each naming the longest item around it; items name their parent.
 * domain, address, string: buckets by SipHash under a seed of the image, so foreign keys cannot make it slow. The bytes: list_format.h. */
#ifndef RULES_LIST_IMAGE_H
#define RULES_LIST_IMAGE_H
#include "base/err.h"
#include "base/ipnet.h"
#include "base/str.h"
#include "rules/ruleset.h"

#define LIST_MAX_ITEMS   10000000
#define LIST_MAX_ITEM    512 /* bytes */
#define LIST_OVERLAY_MAX 10000

struct list_image; /* opened view */

/* Canonical form of an item as its type writes it ("10.0.0.0/8", ".example.com", "@example.com", case-folded text), or an error that
 * says what would be right. */
int list_item_canonical(enum list_type type, struct span item, struct str *out,
                        struct err *err);
/* Wider than /8 (IPv4), /19 (IPv6), or a bare dot: needs --force. */
bool list_item_is_dangerous(enum list_type type, struct span canonical);

/* Builds the bytes of an image from canonical items (any order, duplicates fine). Pure. */
int list_image_build(struct str *out, enum list_type type, const struct span *items,
                     size_t count, struct err *err);
/* Checks every offset once. bytes must outlive the image (mapped by store/list_file, or held by the rule set). 8-byte aligned. */
struct list_image *list_image_open(struct span bytes, struct err *err);
void list_image_close(struct list_image **image);
enum list_type list_image_type(const struct list_image *image);
size_t list_image_count(const struct list_image *image);
bool list_image_item(const struct list_image *image, size_t index,
                     struct str *out); /* for export, in stable order */

/* Changes since the image: small, sorted, last word wins. Immutable once built. */
struct list_overlay;
struct list_change {
    struct span item; /* canonical */
    bool is_removed;
};
struct list_overlay *list_overlay_new(enum list_type type, const struct list_change *changes,
                                      size_t count);
void list_overlay_free(struct list_overlay **overlay);

/* Is the value in image plus overlay? Equals a list rebuilt from (items of image − removed + added). */
bool list_holds_ip(const struct list_image *image, const struct list_overlay *overlay,
                   const struct ip *ip, struct str *item_r);
bool list_holds_text(const struct list_image *image, const struct list_overlay *overlay,
                     enum list_type type, struct span text, struct str *item_r);
#endif
