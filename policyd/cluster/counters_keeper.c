/* counters_keeper.c - from memory to policyd.db and back. */
#include <pthread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/counters_keeper.h"
#include "policyd/cluster/counters_local.h"
#include "policyd/cluster/degraded.h"
#include "policyd/cluster/greylist_local.h"
#include "policyd/health.h"

#define PAUSE_MS 20 /* between two batches: the others want the database too */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t ending;
    pthread_t thread;
    bool is_running, is_ending;
    struct policy_db *db;
} keeper = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Drawers on their way to the database, with what they point to. */
struct batch {
    size_t count;
    struct drawer_row rows[COUNTERS_STORE_BATCH];
    struct str names[COUNTERS_STORE_BATCH], bytes[COUNTERS_STORE_BATCH];
};

static bool take_one(struct batch *b)
{
    size_t i = b->count, drawer;

    if (!counters_local_changed(&b->names[i], &drawer, &b->bytes[i]) &&
        !greylist_local_changed(&b->names[i], &drawer, &b->bytes[i]))
        return false;
    b->rows[i] = (struct drawer_row){str_span(&b->names[i]), drawer, str_span(&b->bytes[i])};
    b->count++;
    return true;
}

static void unkeep(const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        counters_local_unkept(b->rows[i].name, b->rows[i].drawer);
        greylist_local_unkept(b->rows[i].name, b->rows[i].drawer);
    }
}

/* True: there may be more. */
static bool keep_batch(void)
{
    struct batch *b = xcalloc(1, sizeof *b);
    struct err err;
    bool is_full, is_bad;

    while (b->count < COUNTERS_STORE_BATCH && take_one(b))
        ;
    is_full = b->count == COUNTERS_STORE_BATCH;
    is_bad = b->count > 0 && counters_store_save(keeper.db, b->rows, b->count, &err) != 0;
    if (b->count > 0)
        health_set("counters kept", is_bad, LOG_LEVEL_WARN,
                   "%s; counters and greylist would begin anew after a restart",
                   is_bad ? err.text : "");
    if (is_bad)
        unkeep(b);
    for (size_t i = 0; i < b->count; i++) {
        str_clear(&b->names[i]);
        str_clear(&b->bytes[i]);
    }
    xfree(&b);
    return is_full && !is_bad;
}

static void forget(void)
{
    struct str name = STR_EMPTY;
    struct err err;

    while (counters_local_forget(clock_now_ms(), &name)) {
        (void)counters_store_drop(keeper.db, str_span(&name), &err);
        str_reset(&name);
    }
    str_clear(&name);
}

/* True: it is time to end. */
static bool pause_ms(int ms)
{
    struct timespec until = clock_timespec(clock_mono_ms() + ms);
    bool is_ending;

    pthread_mutex_lock(&keeper.lock);
    while (!keeper.is_ending &&
           pthread_cond_timedwait(&keeper.ending, &keeper.lock, &until) == 0)
        ;
    is_ending = keeper.is_ending;
    pthread_mutex_unlock(&keeper.lock);
    return is_ending;
}

static void *run(void *ctx)
{
    bool is_more = false;

    (void)ctx;
    while (!pause_ms(is_more ? PAUSE_MS : COUNTERS_KEEP_MS)) {
        is_more = keep_batch();
        forget();
        degraded_look();
    }
    while (keep_batch())
        ;
    return NULL;
}

static void restore(void *ctx, const struct drawer_row *row)
{
    (void)ctx;
    counters_local_restore(row);
    greylist_local_restore(row);
}

static void begin_cond(void)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper.ending, &attributes);
    pthread_condattr_destroy(&attributes);
}

int counters_keeper_begin(struct policy_db *db, struct err *err)
{
    if (db == NULL)
        return 0;
    keeper.db = db;
    keeper.is_ending = false;
    begin_cond();
    if (counters_store_load(db, restore, NULL, err) != 0)
        return -1;
    if (pthread_create(&keeper.thread, NULL, run, NULL) != 0)
        return err_set(err, "cannot start the thread that keeps counters");
    keeper.is_running = true;
    return 0;
}

void counters_keeper_end(void)
{
    if (!keeper.is_running)
        return;
    pthread_mutex_lock(&keeper.lock);
    keeper.is_ending = true;
    pthread_cond_signal(&keeper.ending);
    pthread_mutex_unlock(&keeper.lock);
    pthread_join(keeper.thread, NULL);
    keeper.is_running = false;
}
