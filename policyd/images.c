/* images.c - builds images of stored lists, one at a time, and remembers those that are not published yet. */
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "store/list_file.h"
#include "store/list_items.h"
#include "policyd/health.h"
#include "policyd/images.h"
#include "policyd/publish.h"

/* What was built here: found before the manifest names it. */
struct built {
    char list[LIST_NAME_MAX + 1];
    uint64_t generation;
    struct manifest_file file;
};

static struct {
    struct policy_db *db;
    char *dir;
    pthread_mutex_t building; /* one image at a time: each takes the memory of all items */
    pthread_mutex_t lock;     /* of all below */
    pthread_cond_t wake;
    pthread_t thread;
    bool is_stopping;
    char wanted[LISTS_MAX][LIST_NAME_MAX + 1];
    size_t wanted_count;
    struct built built[LISTS_MAX];
    size_t built_count;
} images = {.building = PTHREAD_MUTEX_INITIALIZER,
            .lock = PTHREAD_MUTEX_INITIALIZER,
            .wake = PTHREAD_COND_INITIALIZER};

static void remember(const struct stored_list *list, const struct manifest_file *file)
{
    size_t at = 0;

    pthread_mutex_lock(&images.lock);
    while (at < images.built_count && strcmp(images.built[at].list, list->name) != 0)
        at++;
    if (at < LISTS_MAX) {
        struct built *built = &images.built[at];
        memcpy(built->list, list->name, sizeof built->list);
        built->generation = list->generation;
        built->file = *file;
        if (at == images.built_count)
            images.built_count++;
    }
    pthread_mutex_unlock(&images.lock);
}

/* The name holds the generation, to be trusted after a restart, and a random part: a file is never written twice. */
static void name_file(const struct stored_list *list, struct manifest_file *file)
{
    uint32_t random;

    hash_random(&random, sizeof random);
    snprintf(file->name, sizeof file->name, "%s.%llu.%08x.image", list->name,
             (unsigned long long)list->generation, random);
}

static int build(const char *name, struct err *err)
{
    struct arena *arena = arena_new();
    struct manifest_file file;
    struct stored_list list;
    struct span *items;
    char *path = NULL;
    int state = list_items_read(images.db, span_of(name), arena, &items, &list, err);

    if (state == 1) {
        name_file(&list, &file);
        path = file_path(images.dir, file.name);
        state = list_file_write(path, list.type, items, list.count, &file.bytes, err);
        if (state == 0)
            remember(&list, &file);
        if (state == 0)
            state = list_items_image_made(images.db, span_of(name), list.generation, err);
    }
    xfree(&path);
    arena_free(&arena);
    return state;
}

int images_build(const char *name, struct err *err)
{
    int state;

    pthread_mutex_lock(&images.building);
    state = build(name, err);
    pthread_mutex_unlock(&images.building);
    return state < 0 ? err_prefix(err, "the image of list %s", name) : 0;
}

void images_want(const char *name)
{
    pthread_mutex_lock(&images.lock);
    for (size_t i = 0; i < images.wanted_count; i++) {
        if (strcmp(images.wanted[i], name) == 0) {
            pthread_mutex_unlock(&images.lock);
            return;
        }
    }
    if (images.wanted_count < LISTS_MAX)
        snprintf(images.wanted[images.wanted_count++], sizeof images.wanted[0], "%s", name);
    pthread_cond_signal(&images.wake);
    pthread_mutex_unlock(&images.lock);
}

static bool is_built(const struct stored_list *list, struct manifest_file *file_r)
{
    bool is_there = false;

    pthread_mutex_lock(&images.lock);
    for (size_t i = 0; i < images.built_count && !is_there; i++) {
        is_there = strcmp(images.built[i].list, list->name) == 0 &&
                   images.built[i].generation == list->image_generation;
        if (is_there)
            *file_r = images.built[i].file;
    }
    pthread_mutex_unlock(&images.lock);
    return is_there;
}

/* Published before, also by a process that ended: trusted by its name and size. */
static bool is_published(const char *dir, const struct stored_list *list,
                         const struct manifest_list *there, struct manifest_file *file_r)
{
    char prefix[LIST_NAME_MAX + 32];
    char *path;
    struct stat st;
    bool is_there;

    if (there == NULL || there->type != list->type)
        return false;
    snprintf(prefix, sizeof prefix, "%s.%llu.", list->name,
             (unsigned long long)list->image_generation);
    if (!span_starts(span_of(there->image.name), span_of(prefix)))
        return false;
    path = file_path(dir, there->image.name);
    is_there = stat(path, &st) == 0 && (uint64_t)st.st_size == there->image.bytes;
    xfree(&path);
    *file_r = there->image;
    return is_there;
}

bool images_find(const char *dir, const struct stored_list *list,
                 const struct manifest_list *there, struct manifest_file *file_r)
{
    memset(file_r, 0, sizeof *file_r);
    if (list->image_generation == 0)
        return true;
    return is_built(list, file_r) || is_published(dir, list, there, file_r);
}

/* The next list that wants an image; false when it is time to end. */
static bool next_wanted(char name_r[LIST_NAME_MAX + 1])
{
    bool goes_on;

    pthread_mutex_lock(&images.lock);
    while (images.wanted_count == 0 && !images.is_stopping)
        pthread_cond_wait(&images.wake, &images.lock);
    goes_on = !images.is_stopping;
    if (goes_on)
        memcpy(name_r, images.wanted[--images.wanted_count], LIST_NAME_MAX + 1);
    pthread_mutex_unlock(&images.lock);
    return goes_on;
}

static void *work(void *unused)
{
    char name[LIST_NAME_MAX + 1];
    struct err err;

    while (next_wanted(name)) {
        int state = images_build(name, &err);
        health_set("list images", state < 0, LOG_LEVEL_ERROR, "%s", state < 0 ? err.text : "");
        if (state == 0)
            publish_now(&err);
    }
    return unused;
}

int images_begin(const struct settings *settings, struct policy_db *db, struct err *err)
{
    int failed;

    images.db = db;
    images.dir = manifest_make_dir(settings->state_dir, err);
    if (images.dir == NULL)
        return -1;
    failed = pthread_create(&images.thread, NULL, work, NULL);
    return failed == 0
               ? 0
               : err_set(err, "the thread that builds list images cannot be started: %s",
                         strerror(failed));
}

void images_end(void)
{
    pthread_mutex_lock(&images.lock);
    images.is_stopping = true;
    pthread_cond_signal(&images.wake);
    pthread_mutex_unlock(&images.lock);
    pthread_join(images.thread, NULL);
    xfree(&images.dir);
}
