/* A change of a list from the cluster: checked as one made here, stored; published by the feed after all that came with it. */
#include "policyd/cluster/apply.h"
#include "policyd/cluster/cluster.h"
#include "policyd/publish.h"

#define CHUNK                                                                                  \
    50000 /* items stored in one turn, so that policyd.db is free for others in between */

static struct span name_of(struct span subject)
{
    return subject.len > 5 ? span_skip(subject, 5) : SPAN("");
}

static int edit(struct span name, const struct list_payload *list, struct err *err)
{
    const struct list_edit edit = {.verb = list->verb,
                                   .items = list->items,
                                   .count = list->count,
                                   .is_forced = true}; /* who signed it has said so */
    struct list_edited edited;

    return list_items_edit(cluster_db(), name, &edit, &edited, err);
}

/* The list may have been of another type when it was empty or is replaced. */
static int make(struct span name, const struct list_payload *list, struct err *err)
{
    const struct list_payload nothing = {.type = list->type, .verb = LIST_REPLACE};
    struct stored_list there;
    int state = list_items_find(cluster_db(), name, &there, err);

    if (state == 1 && there.type != list->type && list->verb == LIST_REPLACE)
        state = edit(name, &nothing, err);
    return state < 0 ? -1 : list_items_create(cluster_db(), name, list->type, err);
}

/* Adding and removing piece by piece is what as many entries would do. */
static int change(struct span name, const struct list_payload *list, struct err *err)
{
    struct list_payload piece = *list;
    int state = 0;

    if (list->verb == LIST_REPLACE)
        return list->count > CHUNK
                   ? list_items_load(cluster_db(), name, list->items, list->count, err)
                   : edit(name, list, err);
    for (size_t at = 0; at < list->count && state == 0; at += CHUNK) {
        piece.items = list->items + at;
        piece.count = list->count - at < CHUNK ? list->count - at : CHUNK;
        state = edit(name, &piece, err);
    }
    return state;
}

int apply_list(const struct envelope *e, struct span payload, struct err *err)
{
    struct span name = name_of(e->subject);
    struct arena *arena = arena_new();
    struct list_payload list;
    int state = -1;

    if (!list_name_is_valid(name))
        err_set(err, "\"%.*s\" is no name of a list", SPAN_ARG(name));
    else if (list_payload_read(payload, arena, &list, err) == 0 && make(name, &list, err) >= 0)
        state = change(name, &list, err);
    arena_free(&arena);
    return state;
}

int apply_list_whole(struct span subject, struct str *payload, struct err *err)
{
    struct span name = name_of(subject);
    struct list_payload whole = {.verb = LIST_REPLACE};
    struct arena *arena = arena_new();
    struct stored_list list;
    struct span *items;
    int state = list_items_read(cluster_db(), name, arena, &items, &list, err);

    if (state == 1) {
        whole.type = list.type;
        whole.items = items;
        whole.count = list.count;
        list_payload_print(payload, &whole);
    } else if (state == 0)
        err_set(err, "there is no list %.*s in the store", SPAN_ARG(name));
    arena_free(&arena);
    return state == 1 ? 0 : -1;
}

bool apply_list_is_in_force(struct span subject)
{
    struct stored_list list;

    return list_items_find(cluster_db(), name_of(subject), &list, NULL) == 1 &&
           publish_wait_list(name_of(subject), list.generation, 0);
}
