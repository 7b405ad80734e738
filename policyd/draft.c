/* draft.c - names or writes the files of one publication. */
#include <stdio.h>
#include <stdlib.h>
#include "base/hash.h"
#include "policyd/draft.h"
#include "policyd/images.h"
#include "policyd/next_hops.h"
#include "policyd/trial.h"
#include "store/list_items.h"
#include "store/overlay_file.h"
#include "store/revisions.h"

/* Small files carry a hash of their content in their name: the same name is the same content, whatever happened to the database. */
static void name_by_content(char *name_r, const char *stem, struct span bytes)
{
    char hex[HASH_SHA256_HEX];

    hash_sha256_hex(bytes, hex);
    snprintf(name_r, MANIFEST_MAX_FILE + 1, "%s.%.16s", stem, hex);
}

static int put_unless_there(struct draft *d, const char *stem, struct span bytes,
                            const struct manifest_file *there, struct manifest_file *file_r)
{
    char name[MANIFEST_MAX_FILE + 1];

    name_by_content(name, stem, bytes);
    if (there != NULL && strcmp(there->name, name) == 0) {
        *file_r = *there;
        return 0;
    }
    return manifest_put_file(d->dir, name, bytes, file_r, d->err);
}

/* Rules on trial take the place of the newest revision's text. */
static void put_trial(struct draft *d, const struct revision *newest, struct str *text)
{
    if (!trial_get(newest->number, text))
        return;
    memcpy(d->next.replaced, newest->sha256, sizeof d->next.replaced);
    hash_sha256_hex(str_span(text), d->next.sha256);
}

/* 1 there is one, 0 there is none yet. */
static int add_revision(struct draft *d)
{
    const struct manifest_file *there = d->last != NULL ? &d->last->revision_file : NULL;
    struct revision revision;
    struct str on_trial = STR_EMPTY;
    char stem[40];
    int state = revisions_head(d->db, &revision, d->err);

    if (state <= 0)
        return state;
    d->next.revision = revision.number;
    memcpy(d->next.sha256, revision.sha256, sizeof d->next.sha256);
    snprintf(stem, sizeof stem, "rules.%llu", (unsigned long long)revision.number);
    put_trial(d, &revision, &on_trial);
    state = put_unless_there(d, stem, on_trial.len > 0 ? str_span(&on_trial) : revision.text,
                             there, &d->next.revision_file);
    str_clear(&on_trial);
    revision_clear(&revision);
    return state == 0 ? 1 : -1;
}

static int add_routes(struct draft *d)
{
    const struct manifest_file *there = d->last != NULL ? &d->last->routes : NULL;
    struct str text = STR_EMPTY;
    int state = next_hops_print(&text, d->err);

    if (state == 0)
        state = put_unless_there(d, "routes", str_span(&text), there, &d->next.routes);
    str_clear(&text);
    return state;
}

static const struct manifest_list *find_last(const struct draft *d, struct span name)
{
    return d->last != NULL ? manifest_list_find(d->last, name) : NULL;
}

static int add_overlay(struct draft *d, struct manifest_list *list,
                       const struct manifest_list *there, const struct list_change *changes,
                       size_t count)
{
    struct str text = STR_EMPTY;
    char stem[LIST_NAME_MAX + 40];
    int state;

    if (count == 0)
        return 0;
    snprintf(stem, sizeof stem, "%s.overlay", list->name);
    overlay_file_print(&text, list->type, changes, count);
    state = put_unless_there(d, stem, str_span(&text), there != NULL ? &there->overlay : NULL,
                             &list->overlay);
    str_clear(&text);
    return state;
}

/* No image holds all it should: as it was published before, while a new one is being built. Under a revision that was not published
 * with this list empty, the publication has to wait instead. */
static int add_list_as_it_was(struct draft *d, struct manifest_list *list,
                              const struct manifest_list *there)
{
    bool was_empty = d->last != NULL && d->last->revision == d->next.revision;

    if (there != NULL && there->type == list->type) {
        images_want(list->name);
        *list = *there;
        d->next.list_count++;
    } else if (was_empty) {
        images_want(list->name);
    } else {
        d->lacking = arena_strdup(d->arena, list->name);
    }
    return 0;
}

static bool is_same_file(const struct manifest_file *a, const struct manifest_file *b)
{
    return strcmp(a->name, b->name) == 0 && a->bytes == b->bytes;
}

/* Nothing has happened to it since: no need to read its changes. */
static bool is_as_published(const struct draft *d, const struct stored_list *stored,
                            const struct manifest_list *there)
{
    struct manifest_file image;

    return there != NULL && there->generation == stored->generation &&
           there->type == stored->type && !stored->is_image_due &&
           images_find(d->dir, stored, there, &image) && is_same_file(&image, &there->image);
}

/* One stored list: image plus overlay. */
static int add_list(struct draft *d, const struct stored_list *stored)
{
    const struct manifest_list *there = find_last(d, span_of(stored->name));
    struct manifest_list *list = &d->next.lists[d->next.list_count];
    struct list_change *changes;
    struct stored_list now;
    size_t count;
    int state;

    if (is_as_published(d, stored, there)) {
        *list = *there;
        d->next.list_count++;
        return 0;
    }
    state = list_items_changes(d->db, span_of(stored->name), d->arena, &changes, &count, &now,
                               d->err);
    if (state < 0)
        return -1;
    memcpy(list->name, now.name, sizeof list->name);
    list->type = now.type;
    list->generation = now.generation;
    if (state == 0 || !images_find(d->dir, &now, there, &list->image))
        return add_list_as_it_was(d, list, there);
    if (now.is_image_due) /* in time: the overlay goes on growing meanwhile */
        images_want(now.name);
    d->next.list_count++;
    return add_overlay(d, list, there, changes, count);
}

static int add_lists(struct draft *d)
{
    struct stored_list *stored;
    size_t count;
    int state = 0;

    if (list_items_lists(d->db, &stored, &count, d->err) != 0)
        return -1;
    d->next.lists = arena_array(d->arena, count + 1, sizeof *d->next.lists);
    for (size_t i = 0; i < count && state == 0; i++)
        state = add_list(d, &stored[i]);
    free(stored);
    return state;
}

int draft_fill(struct draft *d)
{
    int state = add_revision(d);

    if (state <= 0)
        return state < 0 ? -1 : 1;
    return add_lists(d) == 0 && add_routes(d) == 0 ? 0 : -1;
}

bool draft_is_same(const struct manifest *a, const struct manifest *b)
{
    if (a == NULL || a->revision != b->revision || a->list_count != b->list_count ||
        !is_same_file(&a->revision_file, &b->revision_file) ||
        !is_same_file(&a->routes, &b->routes))
        return false;
    for (size_t i = 0; i < a->list_count; i++) {
        const struct manifest_list *x = &a->lists[i], *y = &b->lists[i];
        if (strcmp(x->name, y->name) != 0 || x->type != y->type ||
            x->generation != y->generation || !is_same_file(&x->image, &y->image) ||
            !is_same_file(&x->overlay, &y->overlay))
            return false;
    }
    return true;
}
