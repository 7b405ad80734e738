/* Changes by administrators, as signed entries. */
#include "policyd/cluster/change.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/ledger_inside.h"
#include "policyd/publish.h"
#include "rules/ruleset.h"
#include "store/revisions.h"

#define TRIES    10 /* of edits that do not depend on what others changed */
#define IMAGE_MS 60000

enum control_exit change_submit(const struct ledger_draft *draft, uint64_t *number_r,
                                struct err *err)
{
    struct str why = STR_EMPTY;
    int state;

    if (!redis_is_up(cluster_redis_admin())) {
        redis_state(cluster_redis_admin(), &why);
        err_set(err, "Redis is away, nothing was changed: it is %s", str_cstr(&why));
        str_clear(&why);
        return EXIT_UNREACHABLE;
    }
    state = ledger_append(draft, number_r, err);
    if (state == 1)
        return EXIT_OK;
    if (state == 0)
        return EXIT_DIFFERS;
    return redis_is_up(cluster_redis_admin()) ? EXIT_INVALID : EXIT_PARTIAL;
}

enum control_exit change_rules(const struct revision_draft *draft, uint64_t *number_r,
                               struct err *err)
{
    struct ledger_head head;
    struct ledger_draft entry = {.subject = SPAN("rules"),
                                 .payload = draft->text,
                                 .author = draft->author,
                                 .note = draft->note,
                                 .is_base = true,
                                 .language = RULES_LANGUAGE};
    int state = ledger_store_head(cluster_db(), entry.subject, &head, err);
    enum control_exit code;

    if (state < 0)
        return EXIT_PARTIAL;
    if (draft->note != NULL && strlen(draft->note) > REVISIONS_MAX_NOTE) {
        err_set(err, "the note has %zu bytes; at most %d are kept, shorten it",
                strlen(draft->note), REVISIONS_MAX_NOTE);
        return EXIT_INVALID;
    }
    /* A hash nobody has: the text names who was first. */
    if (draft->base != REVISIONS_ANY_BASE)
        entry.base_hash = draft->base == head.number ? head.hash : "-";
    code = change_submit(&entry, number_r, err);
    if (code == EXIT_DIFFERS) {
        struct err said = *err;

        err_set(err, "%s; nothing was changed, look at the difference and apply again",
                said.text);
    }
    return code;
}

/* The first entry of a list is its whole state: what is here, with the edit done. */
static void unite(struct list_payload *list, struct arena *arena, const struct span *there,
                  size_t there_count)
{
    struct span *items = arena_array(arena, there_count + list->count + 1, sizeof *items);
    size_t i = 0, k = 0, count = 0;

    while (i < there_count || (k < list->count && list->verb == LIST_ADD)) {
        int order = i == there_count   ? 1
                    : k == list->count ? -1
                                       : span_compare(there[i], list->items[k]);

        if (order < 0 || (order == 0 && list->verb == LIST_ADD))
            items[count++] = there[i];
        else if (order > 0 && list->verb == LIST_ADD)
            items[count++] = list->items[k];
        i += order <= 0;
        k += order >= 0;
    }
    list->items = items;
    list->count = count;
    list->verb = LIST_REPLACE;
}

static int make_whole(struct span name, struct list_payload *list, struct arena *arena,
                      struct err *err)
{
    struct stored_list stored;
    struct span *there;
    int state = list->verb == LIST_REPLACE
                    ? 1
                    : list_items_read(cluster_db(), name, arena, &there, &stored, err);

    if (state == 0)
        return err_set(err, "there is no list %.*s in the store", SPAN_ARG(name));
    if (state == 1 && list->verb != LIST_REPLACE)
        unite(list, arena, there, stored.count);
    return state < 0 ? -1 : 0;
}

static enum control_exit submit_list(struct span name, const struct list_payload *change,
                                     struct arena *arena, const char *author, struct err *err)
{
    char subject[LEDGER_SUBJECT_MAX];
    struct list_payload list = *change;
    struct str payload = STR_EMPTY;
    struct ledger_head head;
    struct ledger_draft draft = {.author = author};
    uint64_t number;
    enum control_exit code = EXIT_INVALID;
    int state;

    snprintf(subject, sizeof subject, "list/%.*s", SPAN_ARG(name));
    draft.subject = span_of(subject);
    state = ledger_store_head(cluster_db(), draft.subject, &head, err);
    if (state == 0)
        state = make_whole(name, &list, arena, err);
    if (state >= 0) {
        draft.is_base = list.verb == LIST_REPLACE;
        list_payload_print(&payload, &list);
        draft.payload = str_span(&payload);
        code = change_submit(&draft, &number, err);
        if (code == EXIT_OK && ledger_shorten(draft.subject, author, err) < 0)
            code = EXIT_OK; /* the next one tries it */
    }
    str_clear(&payload);
    return code;
}

static size_t count_items(struct span name, uint64_t *generation_r)
{
    struct stored_list list = {.count = 0};

    if (list_items_find(cluster_db(), name, &list, NULL) != 1)
        return 0;
    *generation_r = list.generation;
    return list.count;
}

/* How it came out; others may have changed the list too. */
static enum control_exit tell_list(struct span name, const struct list_edit *edit,
                                   size_t before, struct err *err)
{
    uint64_t generation = 0;
    size_t now = count_items(name, &generation);

    if (!publish_wait_list(name, generation, IMAGE_MS)) {
        err_set(err, "written for all nodes; the new image of the list is still being built "
                     "(see `milter-ctl status`)");
        return EXIT_PARTIAL;
    }
    if (edit->verb == LIST_REPLACE)
        err_set(err, "list %.*s: %zu items", SPAN_ARG(name), now);
    else
        err_set(err, "list %.*s: %zu added, %zu removed", SPAN_ARG(name),
                now > before ? now - before : 0, before > now ? before - now : 0);
    return EXIT_OK;
}

enum control_exit change_list(struct span name, const struct list_edit *edit,
                              const char *author, struct err *err)
{
    struct arena *arena = arena_new();
    struct list_payload list = {.verb = edit->verb};
    struct stored_list stored;
    struct span *items;
    uint64_t generation;
    enum control_exit code = EXIT_INVALID;
    size_t before = count_items(name, &generation);

    if (list_items_find(cluster_db(), name, &stored, err) == 1 &&
        list_items_check(stored.type, edit, arena, &items, &list.count, err) == 0) {
        list.type = stored.type;
        list.items = items;
        code = EXIT_DIFFERS;
        for (int i = 0; i < TRIES && code == EXIT_DIFFERS; i++)
            code = submit_list(name, &list, arena, author, err);
    }
    arena_free(&arena);
    return code == EXIT_OK ? tell_list(name, edit, before, err) : code;
}

enum control_exit change_domain(const struct domain_change *change, struct err *err)
{
    char name[NEXT_HOP_HOST_SIZE];
    struct str payload = STR_EMPTY;
    struct ledger_draft draft = {.subject = SPAN("domains"), .author = change->author};
    uint64_t number;
    enum control_exit code = EXIT_DIFFERS;

    if (!domains_normalize(change->name, name)) {
        err_set(err, "\"%.*s\" is not a domain; write it as example.com",
                (int)(change->name.len < 300 ? change->name.len : 300), change->name.ptr);
        return EXIT_INVALID;
    }
    domain_payload_print(&payload, span_of(name), change->hops, change->hop_count);
    draft.payload = str_span(&payload);
    for (int i = 0; i < TRIES && code == EXIT_DIFFERS; i++)
        code = change_submit(&draft, &number, err);
    str_clear(&payload);
    if (code == EXIT_OK && ledger_shorten(draft.subject, change->author, err) == 0)
        err_set(err, "domain %s %s", name, change->hops != NULL ? "added" : "removed");
    return code;
}
