/* publish.c - renames the manifest of a draft into place, loads it here and tells the milter. */
#include <pthread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "store/revisions.h"
#include "engine/reload.h"
#include "policyd/draft.h"
#include "policyd/health.h"
#include "policyd/images.h"
#include "policyd/milter_link.h"
#include "policyd/publish.h"

/* A publication takes as many turns as there are lists whose image has to be built first. */
#define MAX_TURNS (LISTS_MAX + 1)

static struct {
    struct policy_db *db;
    char *dir;
    pthread_mutex_t lock; /* of one publication */
    pthread_cond_t published;
    struct manifest *last; /* as written by us, or found at start; NULL: none */
} publish = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The image is trusted by its generation: that holds as long as it came from this database. */
static bool is_of_this_database(const struct manifest *manifest)
{
    struct revision revision;
    bool is_ours;

    if (revisions_get(publish.db, manifest->revision, &revision, NULL) != 1)
        return false;
    is_ours = strcmp(revision.sha256, manifest->replaced[0] != '\0' ? manifest->replaced
                                                                    : manifest->sha256) == 0;
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

static int write_manifest(struct draft *d)
{
    if (draft_is_same(publish.last, &d->next))
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
    struct draft d = {.db = publish.db, .dir = publish.dir, .arena = arena_new(), .err = err};
    int state;

    pthread_mutex_lock(&publish.lock);
    d.last = publish.last;
    state = draft_fill(&d);
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
    const struct manifest_list *list =
        publish.last != NULL ? manifest_list_find(publish.last, name) : NULL;

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

void publish_hold(void)
{
    pthread_mutex_lock(&publish.lock);
}

void publish_release(void)
{
    pthread_mutex_unlock(&publish.lock);
}

void publish_end(void)
{
    manifest_free(&publish.last);
    xfree(&publish.dir);
}
