/* load.c - builds a snapshot out of published files, sharing what the one before already holds. */
#include "base/hash.h"
#include "base/xalloc.h"
#include "engine/load.h"
#include "engine/piece.h"
#include "engine/revision_check.h"
#include "engine/routes.h"
#include "store/list_file.h"
#include "store/overlay_file.h"
#include "store/routes_file.h"

struct loading {
    const char *dir;
    const struct manifest *manifest;
    const struct snapshot *previous;
    struct snapshot *next;
    struct err *err;
};

/* An overlay and the memory its items lie in. */
struct overlay_memory {
    struct arena *arena;
    struct list_overlay *overlay;
};

static void release_rules(void *thing)
{
    struct ruleset *rules = thing;

    ruleset_unpin(&rules);
}

static void release_image(void *thing)
{
    struct list_file *file = thing;

    list_file_unmap(&file);
}

static void release_overlay(void *thing)
{
    struct overlay_memory *memory = thing;

    list_overlay_free(&memory->overlay);
    arena_free(&memory->arena);
    xfree(&memory);
}

static void release_routes(void *thing)
{
    struct routes *routes = thing;

    routes_free(&routes);
}

/* Puts the piece of this file into the next snapshot: the previous one's, or a new one that `make` reads. NULL on error. */
static void *take_piece(struct loading *l, const struct manifest_file *file,
                        void *(*make)(struct loading *l, const struct manifest_file *file),
                        void (*release)(void *thing))
{
    struct piece *piece = snapshot_piece(l->previous, file->name);
    void *thing;

    if (piece != NULL) {
        piece_pin(piece);
        thing = piece_thing(piece);
    } else {
        thing = make(l, file);
        if (thing == NULL) {
            err_prefix(l->err, "%s/%s", l->dir, file->name);
            return NULL;
        }
        piece = piece_new(file->name, thing, release);
    }
    snapshot_hold(l->next, &piece);
    return thing;
}

static int check_sha256(struct span text, const char *expected, struct err *err)
{
    char hex[HASH_SHA256_HEX];

    hash_sha256_hex(text, hex);
    return strcmp(hex, expected) == 0
               ? 0
               : err_set(err, "the text does not have the sha256 that the manifest names");
}

static struct ruleset *check_rules(struct span text, struct err *err)
{
    struct revision_report report;
    struct ruleset *rules = revision_check(text, "rules", &report);

    if (rules == NULL)
        revision_report_err(&report, err);
    revision_report_clear(&report);
    return rules;
}

static void *make_rules(struct loading *l, const struct manifest_file *file)
{
    struct str text = STR_EMPTY;
    struct ruleset *rules = NULL;

    if (manifest_get_file(l->dir, file, RULES_MAX_BYTES, &text, l->err) == 0 &&
        check_sha256(str_span(&text), l->manifest->sha256, l->err) == 0)
        rules = check_rules(str_span(&text), l->err);
    str_clear(&text);
    return rules;
}

static void *make_image(struct loading *l, const struct manifest_file *file)
{
    struct str path = STR_EMPTY;
    struct list_file *image;

    str_printf(&path, "%s/%s", l->dir, file->name);
    image = list_file_map(str_cstr(&path), file->bytes, l->err);
    str_clear(&path);
    return image;
}

static enum list_type type_of_overlay(const struct loading *l, const struct manifest_file *file)
{
    for (size_t i = 0; i < l->manifest->list_count; i++) {
        if (&l->manifest->lists[i].overlay == file)
            return l->manifest->lists[i].type;
    }
    return LIST_STRING;
}

static void *make_overlay(struct loading *l, const struct manifest_file *file)
{
    enum list_type type = type_of_overlay(l, file);
    struct overlay_memory *memory = xcalloc(1, sizeof *memory);
    struct str text = STR_EMPTY;
    struct list_change *changes;
    size_t count;

    memory->arena = arena_new();
    if (manifest_get_file(l->dir, file, OVERLAY_FILE_MAX, &text, l->err) == 0 &&
        overlay_file_parse(str_span(&text), type, memory->arena, &changes, &count, l->err) == 0)
        memory->overlay = list_overlay_new(type, changes, count);
    str_clear(&text);
    if (memory->overlay != NULL)
        return memory;
    release_overlay(memory);
    return NULL;
}

static void *make_routes(struct loading *l, const struct manifest_file *file)
{
    struct str text = STR_EMPTY;
    struct routes *routes = NULL;

    if (manifest_get_file(l->dir, file, ROUTES_FILE_MAX, &text, l->err) == 0)
        routes = routes_parse(str_span(&text), l->err);
    str_clear(&text);
    return routes;
}

static int take_list(struct loading *l, const struct list_decl *decl,
                     struct list_content *content)
{
    const struct manifest_list *list = manifest_list_find(l->manifest, decl->name);
    struct list_file *image;
    struct overlay_memory *overlay;

    if (list == NULL || decl->has_items)
        return 0;
    if (list->type != decl->type)
        return err_set(l->err, "list %s is published with another type than the rules declare",
                       list->name);
    if (list->image.name[0] != '\0') {
        image = take_piece(l, &list->image, make_image, release_image);
        if (image == NULL)
            return -1;
        content->image = list_file_image(image);
        if (list_image_type(content->image) != decl->type)
            return err_set(l->err, "%s holds items of another type than list %s has",
                           list->image.name, list->name);
    }
    if (list->overlay.name[0] != '\0') {
        overlay = take_piece(l, &list->overlay, make_overlay, release_overlay);
        if (overlay == NULL)
            return -1;
        content->overlay = overlay->overlay;
    }
    return 0;
}

/* The file is shared by its name, and its text was checked against the manifest of then: it has to be the same now. */
static struct ruleset *take_rules(struct loading *l)
{
    const struct manifest_file *file = &l->manifest->revision_file;

    if (snapshot_piece(l->previous, file->name) != NULL &&
        strcmp(l->previous->sha256, l->manifest->sha256) != 0) {
        err_set(l->err, "%s: the manifest names another sha256 for it than before", file->name);
        return NULL;
    }
    return take_piece(l, file, make_rules, release_rules);
}

static int take_all(struct loading *l)
{
    struct ruleset *rules = take_rules(l);
    struct list_content *contents;

    if (rules == NULL)
        return -1;
    contents = snapshot_bind(l->next, rules);
    for (size_t i = 0; i < rules->list_count; i++) {
        if (take_list(l, &rules->lists[i], &contents[i]) != 0)
            return -1;
    }
    l->next->routes = take_piece(l, &l->manifest->routes, make_routes, release_routes);
    return l->next->routes != NULL ? 0 : -1;
}

struct snapshot *load_snapshot(const char *dir, const struct manifest *manifest,
                               const struct snapshot *previous, struct err *err)
{
    struct loading l = {dir, manifest, previous, snapshot_new(), err};

    l.next->revision = manifest->revision;
    l.next->generation = manifest->generation;
    memcpy(l.next->sha256, manifest->sha256, sizeof l.next->sha256);
    l.next->is_trial = manifest->replaced[0] != '\0';
    if (take_all(&l) != 0) {
        const struct snapshot *failed = l.next;
        snapshot_unpin(&failed);
        return NULL;
    }
    return l.next;
}
