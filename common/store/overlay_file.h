/* The overlay of a list as published: text.
 *   postgate-overlay 1 TYPE COUNT
 *   +ITEM | -ITEM          COUNT lines, canonical
 *   end */
#ifndef STORE_OVERLAY_FILE_H
#define STORE_OVERLAY_FILE_H
#include "base/arena.h"
#include "rules/list_image.h"

#define OVERLAY_FILE_MAX (32 * 1024 * 1024) /* bytes */

void overlay_file_print(struct str *out, enum list_type type, const struct list_change *changes,
                        size_t count);
/* Checks everything: type, canonical form, count (at most LIST_CHANGES_MAX of store/list_items.h), the end. Items are in arena. */
int overlay_file_parse(struct span text, enum list_type type, struct arena *arena,
                       struct list_change **changes_r, size_t *count_r, struct err *err);
#endif
