/* Follows the cluster's key: a thread that looks at its file each second and tells who works with it. */
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "store/cluster_key.h"
#include "store/decisions.h"

#define LOOK_MS 1000

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_t thread;
    bool has_begun, is_stopping;
    const struct settings *settings;
    struct cluster_key told;
    void (*changed)(void *ctx, const struct cluster_key *key);
    void *ctx;
} follow = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void tell(const struct cluster_key *key)
{
    follow.told = *key;
    follow.changed(follow.ctx, key);
}

/* A damaged one that was left is worth no line: nothing new is made with it. */
static void take(struct cluster_key *key_r)
{
    struct err err;

    cluster_key_look(follow.settings);
    if (!cluster_key_get(key_r) && cluster_key_load_left(follow.settings, key_r, &err) != 1)
        memset(key_r, 0, sizeof *key_r);
}

static void look(void)
{
    struct cluster_key key;

    take(&key);
    if (memcmp(&key, &follow.told, sizeof key) != 0)
        tell(&key);
    explicit_bzero(&key, sizeof key);
}

/* False when it is time to end. */
static bool wait_for_look(void)
{
    struct timespec until = clock_timespec(clock_mono_ms() + LOOK_MS);
    bool goes_on;

    pthread_mutex_lock(&follow.mutex);
    if (!follow.is_stopping)
        pthread_cond_timedwait(&follow.wake, &follow.mutex, &until);
    goes_on = !follow.is_stopping;
    pthread_mutex_unlock(&follow.mutex);
    return goes_on;
}

static void *run(void *unused)
{
    (void)unused;
    while (wait_for_look())
        look();
    return NULL;
}

/* Signals are for the daemon's own threads. */
static int start(void)
{
    sigset_t all, before;
    pthread_condattr_t attr;
    int failed;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&follow.wake, &attr);
    pthread_condattr_destroy(&attr);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&follow.thread, NULL, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

int cluster_key_follow(const struct settings *settings,
                       void (*changed)(void *ctx, const struct cluster_key *key), void *ctx,
                       struct err *err)
{
    struct cluster_key key;

    follow.settings = settings;
    follow.changed = changed;
    follow.ctx = ctx;
    follow.is_stopping = false;
    take(&key);
    tell(&key);
    explicit_bzero(&key, sizeof key);
    if (start() != 0)
        return err_set(err, "no thread can be started; raise the limit of processes");
    follow.has_begun = true;
    return 0;
}

void cluster_key_unfollow(void)
{
    if (!follow.has_begun)
        return;
    follow.has_begun = false;
    pthread_mutex_lock(&follow.mutex);
    follow.is_stopping = true;
    pthread_cond_signal(&follow.wake);
    pthread_mutex_unlock(&follow.mutex);
    pthread_join(follow.thread, NULL);
    pthread_cond_destroy(&follow.wake);
}

static void add_own(const struct node_key *own, struct decision_keys *keys)
{
    size_t n = keys->count++;

    node_key_subkey(own, NODE_KEY_DECISION, keys->of[n].key);
    keys->of[n].node = own->node;
}

void cluster_key_decisions(const struct cluster_key *cluster, const struct node_key *own,
                           struct decision_keys *keys_r)
{
    memset(keys_r, 0, sizeof *keys_r);
    if (cluster->is_left)
        add_own(own, keys_r);
    for (size_t i = 0; i < cluster->count; i++) {
        size_t n = keys_r->count++;

        cluster_key_subkey(cluster, i, "decision", keys_r->of[n].key);
        keys_r->of[n].node = cluster->node;
    }
    if (!cluster->is_left)
        add_own(own, keys_r);
}
