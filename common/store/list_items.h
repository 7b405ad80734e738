/* Lists that live in the store (declared without braces). Items are kept in canonical form (rules/list_image.h). Every change of an item
 * gets the list's next number; the number of the last one is the list's generation. A list no revision names any more keeps its items. */
#ifndef STORE_LIST_ITEMS_H
#define STORE_LIST_ITEMS_H
#include "base/arena.h"
#include "rules/list_image.h"
#include "store/policy_db.h"

/* Of one store: those of the revision in force and those that earlier ones left. */
#define LISTS_MAX     2000
#define LIST_NAME_MAX 64 /* bytes; letters, digits, '_' and '-', as in rules */
/* Past LIST_OVERLAY_MAX changes a new image is due; while it is in the making the overlay may grow on to this. */
#define LIST_CHANGES_MAX (4 * LIST_OVERLAY_MAX)

struct stored_list {
    char name[LIST_NAME_MAX + 1];
    enum list_type type;
    uint64_t generation;       /* 0: never changed */
    uint64_t image_generation; /* of the newest image (list_items_image_made); 0: none */
    size_t count;              /* items */
    bool is_image_due;         /* over LIST_OVERLAY_MAX changes, or too short a log */
};
bool list_name_is_valid(struct span name);

/* Makes the list if it is not there. 1 made, 0 was there with that type (an empty list takes the new type), -1 e.g. it holds
 * items of another type. */
int list_items_create(struct policy_db *db, struct span name, enum list_type type,
                      struct err *err);
/* 1 found, 0 there is none, -1. */
int list_items_find(struct policy_db *db, struct span name, struct stored_list *list_r,
                    struct err *err);
/* All, by name; *lists_r is freed with free(). */
int list_items_lists(struct policy_db *db, struct stored_list **lists_r, size_t *count_r,
                     struct err *err);

/* LIST_REPLACE: the list is exactly these items afterwards. */
enum list_verb { LIST_ADD = 1, LIST_REMOVE, LIST_REPLACE };
struct list_edit {
    enum list_verb verb;
    size_t count;
    const struct span *items; /* as people write them; any order, duplicates fine */
    bool is_forced;           /* dangerous items (rules/list_image.h) are taken too */
    bool is_file; /* lines of a file: # comments are skipped, errors name the line */
};
struct list_edited {
    size_t added, removed;
    uint64_t generation; /* afterwards */
};
/* All or nothing: one bad item (the text names it and what would be right) and nothing is changed. Items already there, or
 * not there, are no error. */
int list_items_edit(struct policy_db *db, struct span name, const struct list_edit *edit,
                    struct list_edited *edited_r, struct err *err);

/* As LIST_REPLACE with canonical items in any order, for many: readers of the list and other users of the database wait for short turns only. In between
 * the list is what it was. One caller at a time; no other edits of the list meanwhile. */
int list_items_load(struct policy_db *db, struct span name, const struct span *items,
                    size_t count, struct err *err);
/* What list_items_edit would take of the edit's items: canonical, in order, each once, in arena. -1: one is bad; the text names it. */
int list_items_check(enum list_type type, const struct list_edit *edit, struct arena *arena,
                     struct span **items_r, size_t *count_r, struct err *err);

/* All items in order, at one moment (*list_r says which generation). items are NUL-terminated beyond len. 1, 0 no such list, -1. */
int list_items_read(struct policy_db *db, struct span name, struct arena *arena,
                    struct span **items_r, struct stored_list *list_r, struct err *err);

/* What to lay over the image made at list->image_generation (none: over nothing): the last word on each changed item. 1: *changes_r
 * (from arena), publish them, and make a new image in the background when list_r->is_image_due; 0: they cannot be told (more than
 * LIST_CHANGES_MAX, or one edit changed as many), a new image has to come first; -1. *list_r: the list at that moment. */
int list_items_changes(struct policy_db *db, struct span name, struct arena *arena,
                       struct list_change **changes_r, size_t *count_r,
                       struct stored_list *list_r, struct err *err);
/* Notes that a durable image of that generation (of list_items_read) is there; the log before it goes. */
int list_items_image_made(struct policy_db *db, struct span name, uint64_t generation,
                          struct err *err);
#endif
