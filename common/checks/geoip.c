/* geoip.c - which MaxMind files are in use, who looks whether they were replaced, and the facts they give. */
#include "checks/geoip.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "checks/geoip_copy.h"

#define LOOK_MS  1000
#define RETRY_MS 60000 /* of a file that could not be used and does not change */

struct geoip_file {
    const char *const setting;
    void (*const set)(struct facts *facts, const struct geoip_entry *entry);
    const enum fact_id facts[3]; /* ended by FACT__COUNT */
    const char *path;            /* empty: not set */
    /* of the thread, and of geoip_begin before it */
    struct stat seen, tried;
    int64_t tried_at; /* clock_mono_ms */
    bool is_failing;
    /* of all, under the lock */
    struct geoip_copy *copy;
    char problem[256];
};

static struct geoip_file files[GEOIP_FILES] = {
    {.setting = "geoip_country",
     .set = geoip_set_country,
     .facts = {FACT_CLIENT_COUNTRY, FACT__COUNT},
     .path = ""},
    {.setting = "geoip_asn",
     .set = geoip_set_network,
     .facts = {FACT_CLIENT_ASN, FACT_CLIENT_AS_NAME, FACT__COUNT},
     .path = ""},
};
static struct {
    pthread_mutex_t lock;
    pthread_cond_t ending;
    pthread_t thread;
    bool is_running, is_ending;
} geoip = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What the log and status say; an empty problem: the file is in use. */
static void note(struct geoip_file *file, const char *problem)
{
    bool has_old;

    pthread_mutex_lock(&geoip.lock);
    has_old = file->copy != NULL;
    snprintf(file->problem, sizeof file->problem, "%s", problem);
    pthread_mutex_unlock(&geoip.lock);
    file->is_failing = problem[0] != '\0';
    log_state(file->setting, file->is_failing, LOG_LEVEL_WARN, "%s; %s", problem,
              has_old ? "what was read before stays in use" : "nothing is known from it");
}

static void use(struct geoip_file *file, struct geoip_copy *copy)
{
    struct geoip_copy *old;
    char built[24];

    clock_iso(geoip_copy_built(copy) * 1000, built);
    pthread_mutex_lock(&geoip.lock);
    old = file->copy;
    file->copy = copy;
    pthread_mutex_unlock(&geoip.lock);
    geoip_copy_unpin(&old);
    log_info("%s: %s of %.10s is in use", file->setting, file->path, built);
}

static void load(struct geoip_file *file)
{
    struct geoip_copy *copy;
    struct err err = {""};

    file->tried_at = clock_mono_ms();
    if (geoip_copy_read(&copy, file->path, &file->tried, &err) == 0)
        use(file, copy);
    note(file, err.text);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Another file is read when it was the same at two looks: until then it may still be written. */
static void look_at(struct geoip_file *file)
{
    struct stat now;
    struct err err;
    bool is_settled, is_due;

    if (stat(file->path, &now) != 0) {
        err_set(&err, "%s cannot be read: %s", file->path, strerror(errno));
        file->tried = file->seen = (struct stat){.st_size = 0};
        note(file, err.text);
        return;
    }
    is_settled = is_same(&now, &file->seen);
    is_due = !is_same(&now, &file->tried) ||
             (file->is_failing && clock_mono_ms() - file->tried_at >= RETRY_MS);
    file->seen = now;
    if (is_settled && is_due)
        load(file);
}

static bool wait_for_look(void)
{
    struct timespec until = clock_timespec(clock_mono_ms() + LOOK_MS);
    bool goes_on;
    int state = 0;

    pthread_mutex_lock(&geoip.lock);
    while (!geoip.is_ending && state == 0)
        state = pthread_cond_timedwait(&geoip.ending, &geoip.lock, &until);
    goes_on = !geoip.is_ending;
    pthread_mutex_unlock(&geoip.lock);
    return goes_on;
}

static void *run(void *unused)
{
    while (wait_for_look())
        for (size_t i = 0; i < GEOIP_FILES; i++)
            if (files[i].path[0] != '\0')
                look_at(&files[i]);
    return unused;
}

static void start_thread(void)
{
    pthread_condattr_t attributes;
    sigset_t all, before;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&geoip.ending, &attributes);
    pthread_condattr_destroy(&attributes);
    geoip.is_ending = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    geoip.is_running = pthread_create(&geoip.thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!geoip.is_running)
        log_error("geoip: no thread can be started; replaced files are not noticed");
}

void geoip_begin(const struct settings *settings)
{
    files[0].path = settings->geoip_country;
    files[1].path = settings->geoip_asn;
    if (files[0].path[0] == '\0' && files[1].path[0] == '\0')
        return;
    for (size_t i = 0; i < GEOIP_FILES; i++)
        if (files[i].path[0] != '\0') {
            load(&files[i]);
            files[i].seen = files[i].tried;
        }
    start_thread();
}

void geoip_end(void)
{
    struct geoip_copy *copies[GEOIP_FILES];

    pthread_mutex_lock(&geoip.lock);
    geoip.is_ending = true;
    if (geoip.is_running)
        pthread_cond_signal(&geoip.ending);
    pthread_mutex_unlock(&geoip.lock);
    if (geoip.is_running)
        pthread_join(geoip.thread, NULL);
    geoip.is_running = false;
    pthread_mutex_lock(&geoip.lock);
    for (size_t i = 0; i < GEOIP_FILES; i++) {
        copies[i] = files[i].copy;
        files[i].copy = NULL;
    }
    pthread_mutex_unlock(&geoip.lock);
    for (size_t i = 0; i < GEOIP_FILES; i++)
        geoip_copy_unpin(&copies[i]);
}

static void set_all(struct facts *facts, const struct geoip_file *file, const char *unknown)
{
    struct str reason = STR_EMPTY;

    if (unknown != NULL)
        str_printf(&reason, "%s %s", file->setting, unknown);
    for (size_t i = 0; file->facts[i] != FACT__COUNT; i++)
        if (unknown != NULL)
            facts_set_unknown(facts, file->facts[i], str_span(&reason));
        else
            facts_set_absent(facts, file->facts[i]);
    str_clear(&reason);
}

static void learn_from(const struct geoip_file *file, struct geoip_copy *copy,
                       struct facts *facts, const struct ip *client)
{
    struct geoip_entry entry;
    int found = geoip_copy_find(copy, client, &entry);

    if (found == 1)
        file->set(facts, &entry);
    else
        set_all(facts, file, found < 0 ? "names a file that is damaged" : NULL);
}

void geoip_learn(struct facts *facts, const struct ip *client)
{
    for (size_t i = 0; i < GEOIP_FILES; i++) {
        struct geoip_copy *copy;
        pthread_mutex_lock(&geoip.lock);
        copy = geoip_copy_pin(files[i].copy);
        pthread_mutex_unlock(&geoip.lock);
        if (copy != NULL)
            learn_from(&files[i], copy, facts, client);
        else
            set_all(facts, &files[i],
                    files[i].path[0] == '\0' ? "is not set"
                                             : "names a file that cannot be used");
        geoip_copy_unpin(&copy);
    }
}

void geoip_status(struct geoip_state state_r[GEOIP_FILES])
{
    pthread_mutex_lock(&geoip.lock);
    for (size_t i = 0; i < GEOIP_FILES; i++) {
        state_r[i] = (struct geoip_state){.setting = files[i].setting, .path = files[i].path};
        if (files[i].copy != NULL)
            state_r[i].built = geoip_copy_built(files[i].copy);
        memcpy(state_r[i].problem, files[i].problem, sizeof state_r[i].problem);
    }
    pthread_mutex_unlock(&geoip.lock);
}
