/* Kinds of lists for bench_lists: items drawn at random, and values to look up of which exactly half are in the list. */
#ifndef T_BENCH_LIST_KINDS_H
#define T_BENCH_LIST_KINDS_H
#include "rules/list_image.h"

#define KIND_TEXT 48

struct kind {
    const char *name;
    enum list_type type;
    void (*make)(uint64_t *state, char text[KIND_TEXT]); /* an item, canonical */
};
extern const struct kind kinds[];
extern const size_t kinds_count;

struct kind_value {
    struct ip ip;
    char text[KIND_TEXT + 4];
    size_t len;
};
bool kind_holds(const struct kind *kind, const struct list_image *image,
                const struct kind_value *value);
/* count values, each drawn anew, hits and misses in random order: a hit is a host in one of the items or a name at or below it; a miss is made
 * like an item, and again until the list does not hold it. */
struct kind_value *kind_values(const struct kind *kind, const struct list_image *image,
                               char (*items)[KIND_TEXT], size_t item_count, size_t count);
#endif
