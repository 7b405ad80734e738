/* control_lists.c - list show, export, add, remove, import. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "store/list_items.h"
#include "engine/snapshot.h"
#include "policyd/cluster/change.h"
#include "policyd/cluster/cluster.h"
#include "policyd/control.h"
#include "policyd/lines.h"
#include "policyd/publish.h"

/* A new image of a large list is built before it is in force. */
#define IN_FORCE_TIMEOUT_MS 60000
#define DATA_PIECE          (64 * 1024)

static json_t *list_row(struct span name, enum list_type type, size_t items,
                        uint64_t generation, const char *where)
{
    json_t *row = json_object();

    json_object_set_new(row, "name", control_text(name));
    json_object_set_new(row, "type", json_string(names_name(list_type_names, (int)type)));
    json_object_set_new(row, "items", json_integer((json_int_t)items));
    json_object_set_new(row, "generation", json_integer((json_int_t)generation));
    json_object_set_new(row, "where", json_string(where));
    return row;
}

/* The list of the revision in force if it stands there with braces, else NULL. */
static const struct list_decl *find_in_revision(const struct snapshot *snapshot,
                                                struct span name)
{
    int index = snapshot != NULL ? ruleset_list(snapshot->rules, name) : -1;

    if (index < 0 || !snapshot->rules->lists[index].has_items)
        return NULL;
    return &snapshot->rules->lists[index];
}

static void show_revision_lists(struct control_call *call, struct span name)
{
    const struct snapshot *snapshot = snapshot_pin();
    size_t count = snapshot != NULL ? snapshot->rules->list_count : 0;

    for (size_t i = 0; i < count; i++) {
        const struct list_decl *list = &snapshot->rules->lists[i];
        if (list->has_items && (name.len == 0 || span_equal(list->name, name)))
            control_row(call, list_row(list->name, list->type, list->item_count,
                                       snapshot->revision, "revision"));
    }
    snapshot_unpin(&snapshot);
}

static enum control_exit show_all(struct control_call *call, struct policy_db *db,
                                  struct err *err)
{
    struct stored_list *lists;
    size_t count;

    if (list_items_lists(db, &lists, &count, err) != 0)
        return EXIT_PARTIAL;
    show_revision_lists(call, SPAN(""));
    for (size_t i = 0; i < count; i++)
        control_row(call, list_row(span_of(lists[i].name), lists[i].type, lists[i].count,
                                   lists[i].generation, "store"));
    free(lists);
    return EXIT_OK;
}

static enum control_exit no_such_list(struct span name, struct err *err)
{
    if (name.len == 0)
        err_set(err, "name: there is none; write the name of a list, `milter-ctl list show` "
                     "shows them");
    else
        err_set(
            err,
            "there is no list %.*s; declare it in the rules (`list %.*s TYPE`) and apply them, "
            "`milter-ctl list show` shows those there are",
            SPAN_ARG(name), SPAN_ARG(name));
    return EXIT_INVALID;
}

static bool is_in_revision(struct span name)
{
    const struct snapshot *snapshot = snapshot_pin();
    bool is_there = find_in_revision(snapshot, name) != NULL;

    snapshot_unpin(&snapshot);
    return is_there;
}

enum control_exit control_list_show(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct span name = control_argument(call, "name");
    struct stored_list list;
    int state;

    if (db == NULL)
        return EXIT_PARTIAL;
    if (name.len == 0)
        return show_all(call, db, err);
    if (is_in_revision(name)) {
        show_revision_lists(call, name);
        return EXIT_OK;
    }
    state = list_items_find(db, name, &list, err);
    if (state <= 0)
        return state < 0 ? EXIT_PARTIAL : no_such_list(name, err);
    control_row(call, list_row(name, list.type, list.count, list.generation, "store"));
    return EXIT_OK;
}

/* One item a line, in pieces. */
static void send_items(struct control_call *call, const struct span *items, size_t count)
{
    struct str piece = STR_EMPTY;

    for (size_t i = 0; i < count; i++) {
        str_add(&piece, items[i]);
        str_addc(&piece, '\n');
        if (piece.len < DATA_PIECE && i + 1 < count)
            continue;
        if (control_data(call, str_span(&piece)) != 0)
            break;
        str_reset(&piece);
    }
    str_clear(&piece);
}

static bool export_from_revision(struct control_call *call, struct span name)
{
    const struct snapshot *snapshot = snapshot_pin();
    const struct list_decl *list = find_in_revision(snapshot, name);

    if (list != NULL)
        send_items(call, list->items, list->item_count);
    snapshot_unpin(&snapshot);
    return list != NULL;
}

enum control_exit control_list_export(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct span name = control_argument(call, "name");
    struct stored_list list;
    struct arena *arena;
    struct span *items;
    int state;

    if (db == NULL)
        return EXIT_PARTIAL;
    if (export_from_revision(call, name))
        return EXIT_OK;
    arena = arena_new();
    state = list_items_read(db, name, arena, &items, &list, err);
    if (state == 1)
        send_items(call, items, list.count);
    arena_free(&arena);
    if (state <= 0)
        return state < 0 ? EXIT_PARTIAL : no_such_list(name, err);
    return EXIT_OK;
}

/* Is it a list that is changed here? */
static enum control_exit check_editable(struct policy_db *db, struct span name, struct err *err)
{
    struct stored_list list;
    int state;

    if (is_in_revision(name)) {
        err_set(err,
                "list %.*s stands in the rules with its items in braces; edit it there and use "
                "`milter-ctl rules apply`",
                SPAN_ARG(name));
        return EXIT_INVALID;
    }
    state = list_items_find(db, name, &list, err);
    if (state <= 0)
        return state < 0 ? EXIT_PARTIAL : no_such_list(name, err);
    return EXIT_OK;
}

static enum control_exit edit_list(const struct control_call *call, struct policy_db *db,
                                   const struct list_edit *edit, struct err *err)
{
    struct span name = control_argument(call, "name");
    struct list_edited edited;
    enum control_exit code;

    if (cluster_is_member())
        return change_list(name, edit, call->user, err);
    if (list_items_edit(db, name, edit, &edited, err) != 0)
        return EXIT_INVALID;
    code = control_publish(err);
    if (code != EXIT_OK)
        return code;
    if (!publish_wait_list(name, edited.generation, IN_FORCE_TIMEOUT_MS)) {
        err_set(
            err,
            "stored; the new image of the list is still being built (see `milter-ctl status`)");
        return EXIT_PARTIAL;
    }
    err_set(err, "list %.*s: %zu added, %zu removed", SPAN_ARG(name), edited.added,
            edited.removed);
    return EXIT_OK;
}

/* items: texts, at least one. */
static int check_items(const json_t *items, struct err *err)
{
    for (size_t i = 0; i < json_array_size(items); i++)
        if (!json_is_string(json_array_get(items, i)))
            return err_set(err, "items: the item at place %zu is no text", i + 1);
    if (json_array_size(items) == 0)
        return err_set(err, "items: write at least one, in a list");
    return 0;
}

static enum control_exit edit_items(struct control_call *call, enum list_verb verb,
                                    struct err *err)
{
    struct policy_db *db = control_db(err);
    struct span name = control_argument(call, "name");
    json_t *array = json_object_get(call->args, "items");
    struct list_edit edit = {.verb = verb,
                             .is_forced = control_flag(call, "force"),
                             .count = json_array_size(array)};
    struct span *items;
    enum control_exit code;

    if (db == NULL)
        return EXIT_PARTIAL;
    code = check_editable(db, name, err);
    if (code == EXIT_OK && check_items(array, err) != 0)
        code = EXIT_INVALID;
    if (code != EXIT_OK)
        return code;
    items = xcalloc(edit.count + 1, sizeof *items);
    for (size_t i = 0; i < edit.count; i++) {
        json_t *item = json_array_get(array, i);
        items[i] = span_from(json_string_value(item), json_string_length(item));
    }
    edit.items = items;
    code = edit_list(call, db, &edit, err);
    xfree(&items);
    return code;
}

enum control_exit control_list_add(struct control_call *call, struct err *err)
{
    return edit_items(call, LIST_ADD, err);
}

enum control_exit control_list_remove(struct control_call *call, struct err *err)
{
    return edit_items(call, LIST_REMOVE, err);
}

enum control_exit control_list_import(struct control_call *call, struct err *err)
{
    struct policy_db *db = control_db(err);
    struct span name = control_argument(call, "name");
    struct list_edit edit = {.verb = control_flag(call, "replace") ? LIST_REPLACE : LIST_ADD,
                             .is_forced = control_flag(call, "force"),
                             .is_file = true};
    struct str text = STR_EMPTY;
    struct span *lines = NULL;
    enum control_exit code;

    if (db == NULL)
        return EXIT_PARTIAL;
    code = check_editable(db, name, err);
    if (code != EXIT_OK)
        return code;
    code = EXIT_INVALID;
    if (control_collect(call, CONTROL_MAX_BODY, &text, err) == 0 &&
        lines_split(str_span(&text), &lines, &edit.count, err) == 0) {
        edit.items = lines;
        code = edit_list(call, db, &edit, err);
    }
    xfree(&lines);
    str_clear(&text);
    return code;
}
