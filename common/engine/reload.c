/* reload.c - looks at what is published each second, or when poked, and swaps in what holds. */
#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "engine/drain.h"
#include "engine/load.h"
#include "engine/reload.h"

#define LOOK_EVERY_S 1
/* A file may go between reading the manifest and opening it: then there is a newer manifest. */
#define MAX_TRIES 3
/* What was refused is tried again after so many looks: the reason may have been ours. */
#define RETRY_LOOKS 60

/* loading: one load at a time. state: what the thread and the others share. */
static struct {
    char *dir, *manifest_path;
    pthread_mutex_t loading;
    pthread_mutex_t state;
    pthread_cond_t wake;
    pthread_t thread;
    bool is_started, is_poked, is_stopping;
    struct stat seen;   /* manifest as it was when last loaded; loading */
    int64_t published;  /* when what is in force was published; loading */
    struct err failure; /* state */
} reload = {.loading = PTHREAD_MUTEX_INITIALIZER, .state = PTHREAD_MUTEX_INITIALIZER};

/* The generation alone could come again, from a directory that was begun anew. */
static bool is_in_force(const struct manifest *manifest)
{
    const struct snapshot *snapshot = snapshot_pin();
    bool is_same = snapshot != NULL && snapshot->generation == manifest->generation &&
                   reload.published == manifest->published_ms;

    snapshot_unpin(&snapshot);
    return is_same;
}

/* Loads on top of the current snapshot and swaps. */
static int swap_in(const struct manifest *manifest, struct err *err)
{
    const struct snapshot *previous = snapshot_pin();
    struct snapshot *next = load_snapshot(reload.dir, manifest, previous, err);

    snapshot_unpin(&previous);
    if (next == NULL)
        return -1;
    log_info("snapshot: generation %llu with revision %llu%s is in force",
             (unsigned long long)next->generation, (unsigned long long)next->revision,
             next->is_trial ? ", its place taken by rules on trial," : "");
    snapshot_swap(&next);
    reload.published = manifest->published_ms;
    return 0;
}

static int load_published(struct err *err)
{
    struct manifest *manifest;
    uint64_t tried = 0;
    int state = -1;

    for (int i = 0; i < MAX_TRIES && state < 0; i++) {
        int found = manifest_read(reload.dir, &manifest, err);
        if (found <= 0)
            return found < 0 ? -1 : 1;
        if (is_in_force(manifest))
            state = 0;
        else if (manifest->generation != tried)
            state = swap_in(manifest, err);
        tried = manifest->generation;
        manifest_free(&manifest);
    }
    return state;
}

static void note(int state, const struct err *err)
{
    pthread_mutex_lock(&reload.state);
    if (state < 0)
        reload.failure = *err;
    else
        err_reset(&reload.failure);
    pthread_mutex_unlock(&reload.state);
    log_state("snapshot", state < 0, LOG_LEVEL_ERROR,
              "what is published was refused, the old one stays in force: %s",
              state < 0 ? err->text : "");
}

int reload_now(struct err *err)
{
    struct err own;
    int state;

    err_reset(&own);
    drain_look();
    pthread_mutex_lock(&reload.loading);
    if (stat(reload.manifest_path, &reload.seen) != 0)
        memset(&reload.seen, 0, sizeof reload.seen);
    state = load_published(&own);
    pthread_mutex_unlock(&reload.loading);
    note(state, &own);
    if (state < 0)
        err_set(err, "%s", own.text);
    return state;
}

/* A manifest is never rewritten, always renamed: another one is another inode or time. */
static bool has_changed(void)
{
    struct stat now;
    bool is_changed;

    if (stat(reload.manifest_path, &now) != 0)
        return false;
    pthread_mutex_lock(&reload.loading);
    is_changed = now.st_ino != reload.seen.st_ino ||
                 now.st_mtim.tv_sec != reload.seen.st_mtim.tv_sec ||
                 now.st_mtim.tv_nsec != reload.seen.st_mtim.tv_nsec;
    pthread_mutex_unlock(&reload.loading);
    return is_changed;
}

/* False when it is time to end. */
static bool wait_for_look(void)
{
    struct timespec until = clock_timespec(clock_mono_ms() + LOOK_EVERY_S * 1000);
    bool goes_on;
    int waited = 0;

    pthread_mutex_lock(&reload.state);
    while (!reload.is_poked && !reload.is_stopping && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&reload.wake, &reload.state, &until);
    reload.is_poked = false;
    goes_on = !reload.is_stopping;
    pthread_mutex_unlock(&reload.state);
    return goes_on;
}

/* Was what is published refused, whoever loaded it last? */
static bool is_refused(void)
{
    bool is;

    pthread_mutex_lock(&reload.state);
    is = reload.failure.text[0] != '\0';
    pthread_mutex_unlock(&reload.state);
    return is;
}

static void *look(void *unused)
{
    unsigned looks = 0;

    while (wait_for_look()) {
        drain_look();
        looks++;
        if (!has_changed() && (!is_refused() || looks < RETRY_LOOKS))
            continue;
        reload_now(NULL);
        looks = 0;
    }
    return unused;
}

int reload_start(const struct settings *settings, struct err *err)
{
    pthread_condattr_t attributes;
    struct str dir = STR_EMPTY, manifest = STR_EMPTY;
    int failed;

    str_printf(&dir, "%s/snapshot", settings->state_dir);
    str_printf(&manifest, "%s/manifest", str_cstr(&dir));
    reload.dir = str_take(&dir);
    reload.manifest_path = str_take(&manifest);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&reload.wake, &attributes);
    pthread_condattr_destroy(&attributes);
    reload.is_stopping = false;
    drain_begin(settings->state_dir);
    reload_now(
        err); /* what is refused is logged and in the status; a later publication mends it */
    failed = pthread_create(&reload.thread, NULL, look, NULL);
    if (failed != 0)
        return err_set(err, "the thread that follows %s cannot be started: %s", reload.dir,
                       strerror(failed));
    reload.is_started = true;
    return 0;
}

void reload_poke(void)
{
    pthread_mutex_lock(&reload.state);
    reload.is_poked = true;
    if (reload.is_started)
        pthread_cond_signal(&reload.wake);
    pthread_mutex_unlock(&reload.state);
}

void reload_stop(void)
{
    if (!reload.is_started)
        return;
    pthread_mutex_lock(&reload.state);
    reload.is_stopping = true;
    pthread_cond_signal(&reload.wake);
    pthread_mutex_unlock(&reload.state);
    pthread_join(reload.thread, NULL);
    pthread_cond_destroy(&reload.wake);
    reload.is_started = false;
    xfree(&reload.dir);
    xfree(&reload.manifest_path);
}

void reload_status(struct str *out)
{
    pthread_mutex_lock(&reload.state);
    str_adds(out, reload.failure.text);
    pthread_mutex_unlock(&reload.state);
}
