/* Names and numbers: one table type for all of them, ended by { NULL, 0 }. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H
#include "base/span.h"
#include "base/str.h"

struct name_value {
    const char *name;
    int value;
};

bool names_value(const struct name_value *table, struct span name, int *value_r); /* exact */
const char *names_name(const struct name_value *table, int value); /* NULL when there is none */
/* The table's names joined as "a, b or c", for error texts. */
void names_join(const struct name_value *table, struct str *out);
/* The candidate nearest to `name` by edit distance (at most a third of its length), or NULL: "did you mean ...?".
 * candidate(ctx, i) gives the i-th name, NULL ends. */
const char *names_nearest(struct span name, const char *(*candidate)(const void *ctx, size_t i),
                          const void *ctx);
const char *names_nearest_in(const struct name_value *table, struct span name);
#endif
