/* publish.c - writes the files of one publication and renames the manifest into place. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "store/list_items.h"
#include "store/manifest.h"
#include "store/overlay_file.h"
#include "store/revisions.h"
#include "store/routes_file.h"
#include "engine/reload.h"
#include "policyd/health.h"
#include "policyd/images.h"
#include "policyd/milter_link.h"
#include "policyd/next_hops.h"
#include "policyd/publish.h"

static struct {
    struct policy_db *db;
    char *dir;
    pthread_mutex_t lock; /* of one publication */
    pthread_cond_t published;
    struct manifest *last; /* as written by us, or found at start; NULL: none */
} publish = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A publication takes as many turns as there are lists whose image has to be built first. */
#define MAX_TURNS (LISTS_MAX + 1)

/* One publication being put together. */
struct draft {
    struct manifest next;
    struct arena *arena;
    const char *lacking; /* list whose image has to be built first, or NULL; in arena */
    struct err *err;
};

/* The image is trusted by its generation: that holds as long as it came from this database. */
static bool is_of_this_database(const struct manifest *manifest)
{
    struct revision revision;
    bool is_ours;

    if (revisions_get(publish.db, manifest->revision, &revision, NULL) != 1)
        return false;
    is_ours = strcmp(revision.sha256, manifest->sha256) == 0;
    revision_clear(&revision);
    return is_ours;
}

void publish_distrust(void)
{
    if (publish.last == NULL)
        return;
    publish.last->list_count = 0;
    publish.last->revision = 0;
}

int publish_begin(const struct settings *settings, struct policy_db *db, struct err *err)
{
    pthread_condattr_t attributes;

    publish.db = db;
    publish.dir = manifest_make_dir(settings->state_dir, err);
    if (publish.dir == NULL)
        return -1;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&publish.published, &attributes);
    pthread_condattr_destroy(&attributes);
    if (manifest_read(publish.dir, &publish.last, err) < 0)
        log_warn("%s; it is published anew", err->text);
    if (publish.last != NULL && !is_of_this_database(publish.last))
        publish_distrust();
    return 0;
}

/* Small files carry a hash of their content in their name: the same name is the same content, whatever happened to the database. */
static void name_by_content(char *name_r, const char *stem, struct span bytes)
{
    uint8_t digest[HASH_SHA256_SIZE];
    struct str hex = STR_EMPTY;

    hash_sha256(bytes, digest);
    hash_hex(&hex, digest, 8);
    snprintf(name_r, MANIFEST_MAX_FILE + 1, "%s.%s", stem, str_cstr(&hex));
    str_clear(&hex);
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
    return manifest_put_file(publish.dir, name, bytes, file_r, d->err);
}

/* 1 there is one, 0 there is none yet. */
static int add_revision(struct draft *d)
{
    const struct manifest_file *there =
        publish.last != NULL ? &publish.last->revision_file : NULL;
    struct revision revision;
    char stem[40];
    int state = revisions_head(publish.db, &revision, d->err);

    if (state <= 0)
        return state;
    d->next.revision = revision.number;
    memcpy(d->next.sha256, revision.sha256, sizeof d->next.sha256);
    snprintf(stem, sizeof stem, "rules.%llu", (unsigned long long)revision.number);
    state = put_unless_there(d, stem, revision.text, there, &d->next.revision_file);
    revision_clear(&revision);
    return state == 0 ? 1 : -1;
}

static int add_routes(struct draft *d)
{
    const struct manifest_file *there = publish.last != NULL ? &publish.last->routes : NULL;
    struct str text = STR_EMPTY;
    int state = next_hops_print(&text, d->err);

    if (state == 0)
        state = put_unless_there(d, "routes", str_span(&text), there, &d->next.routes);
    str_clear(&text);
    return state;
}

static const struct manifest_list *find_last(struct span name)
{
    return publish.last != NULL ? manifest_list_find(publish.last, name) : NULL;
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
    bool was_empty = publish.last != NULL && publish.last->revision == d->next.revision;

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

/* One stored list: image plus overlay. */
static int add_list(struct draft *d, const struct stored_list *stored)
{
    const struct manifest_list *there = find_last(span_of(stored->name));
    struct manifest_list *list = &d->next.lists[d->next.list_count];
    struct list_change *changes;
    struct stored_list now;
    size_t count;
    int state = list_items_changes(publish.db, span_of(stored->name), d->arena, &changes,
                                   &count, &now, d->err);

    if (state < 0)
        return -1;
    memcpy(list->name, now.name, sizeof list->name);
    list->type = now.type;
    list->generation = now.generation;
    if (state == 0 || !images_find(publish.dir, &now, there, &list->image))
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

    if (list_items_lists(publish.db, &stored, &count, d->err) != 0)
        return -1;
    d->next.lists = arena_array(d->arena, count + 1, sizeof *d->next.lists);
    for (size_t i = 0; i < count && state == 0; i++)
        state = add_list(d, &stored[i]);
    free(stored);
    return state;
}

static bool is_same_file(const struct manifest_file *a, const struct manifest_file *b)
{
    return strcmp(a->name, b->name) == 0 && a->bytes == b->bytes;
}

static bool is_same(const struct manifest *a, const struct manifest *b)
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

static int write_manifest(struct draft *d)
{
    if (is_same(publish.last, &d->next))
        return 0;
    d->next.published_ms = clock_now_ms();
    d->next.generation = publish.last != NULL ? publish.last->generation + 1 : 1;
    if (manifest_write(publish.dir, &d->next, d->err) != 0)
        return -1;
    manifest_free(&publish.last);
    if (manifest_read(publish.dir, &publish.last, d->err) != 1)
        return err_prefix(d->err, "what was just published cannot be read back");
    pthread_cond_broadcast(&publish.published);
    if (manifest_clean(publish.dir, d->err) != 0)
        log_warn("%s", d->err->text);
    return 0;
}

/* As publish_now; 2: the image of *lacking_r (taken over by the caller) has to be built first. */
static int publish_once(char **lacking_r, struct err *err)
{
    struct draft d = {.arena = arena_new(), .err = err};
    int state;

    pthread_mutex_lock(&publish.lock);
    state = add_revision(&d);
    if (state == 0)
        state = 1;
    else if (state == 1)
        state = add_lists(&d) == 0 && add_routes(&d) == 0 ? 0 : -1;
    if (state == 0 && d.lacking != NULL) {
        *lacking_r = xstrdup(d.lacking);
        state = 2;
    } else if (state == 0) {
        state = write_manifest(&d);
    }
    pthread_mutex_unlock(&publish.lock);
    arena_free(&d.arena);
    return state;
}

static int publish_all(struct err *err)
{
    char *lacking;
    int state = 2;

    for (int turn = 0; turn < MAX_TURNS && state == 2; turn++) {
        state = publish_once(&lacking, err);
        if (state != 2)
            break;
        if (images_build(lacking, err) != 0)
            state = -1;
        xfree(&lacking);
    }
    return state;
}

int publish_now(struct err *err)
{
    int state = publish_all(err);

    health_set("publish", state < 0, LOG_LEVEL_ERROR,
               "%s; what was published before stays in force", state < 0 ? err->text : "");
    if (state == 0 && reload_now(err) < 0)
        state = -1;
    if (state == 0)
        milter_link_poke();
    return state;
}

static bool is_published(struct span name, uint64_t generation)
{
    const struct manifest_list *list = find_last(name);

    return list != NULL && list->generation >= generation;
}

bool publish_wait_list(struct span name, uint64_t generation, int timeout_ms)
{
    struct timespec until = clock_timespec(clock_mono_ms() + timeout_ms);
    bool is_there;
    int waited = 0;

    pthread_mutex_lock(&publish.lock);
    while (!(is_there = is_published(name, generation)) && waited == 0)
        waited = pthread_cond_timedwait(&publish.published, &publish.lock, &until);
    pthread_mutex_unlock(&publish.lock);
    return is_there && reload_now(NULL) == 0; /* who published may not have come so far */
}

void publish_end(void)
{
    manifest_free(&publish.last);
    xfree(&publish.dir);
}
