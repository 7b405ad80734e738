/* quarantine_follow.c - the thread that writes this node's part of the shared index. */
#include "policyd/cluster/quarantine_follow.h"
#include <pthread.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/quarantine_compare.h"
#include "policyd/cluster/quarantine_copies.h"
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/quarantine_rows.h"
#include "policyd/cluster/quarantine_shared.h"
#include "policyd/cluster/request_hints.h"
#include "policyd/notices.h"

#define PENDING    1000 /* more than these at once: the whole is compared instead */
#define COMPARE_MS 300000
#define RETRY_MS   5000
#define MIN_FREE   20 /* percent of Redis' memory */

static struct {
    pthread_t thread;
    bool is_begun;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool is_ending, is_doubtful;
    struct shared_id pending[PENDING];
    size_t count;
    int64_t compare_at; /* clock_mono_ms */
} follow = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_notice(const json_t *notice)
{
    const char *what = json_string_value(json_object_get(notice, "what"));
    struct span id = span_of(json_string_value(json_object_get(notice, "id")));

    if (!what || strcmp(what, "quarantine") != 0 || !quarantine_id_is_valid(id))
        return;
    pthread_mutex_lock(&follow.lock);
    if (follow.count < PENDING)
        snprintf(follow.pending[follow.count++].id, QUARANTINE_ID_SIZE, "%.*s", SPAN_ARG(id));
    else
        follow.compare_at = 0;
    pthread_cond_signal(&follow.changed);
    pthread_mutex_unlock(&follow.lock);
}

void quarantine_follow_doubt(void)
{
    pthread_mutex_lock(&follow.lock);
    follow.is_doubtful = true;
    follow.compare_at = 0;
    if (follow.is_begun)
        pthread_cond_signal(&follow.changed);
    pthread_mutex_unlock(&follow.lock);
}

/* Until there is something to do and it can be done, a second at most: membership and Redis come and go. False at the end. */
static bool await_work(bool was_able)
{
    struct timespec until = clock_timespec(clock_mono_ms() + 1000);
    bool is_ending;

    pthread_mutex_lock(&follow.lock);
    if (!follow.is_ending && (follow.count == 0 || !was_able))
        pthread_cond_timedwait(&follow.changed, &follow.lock, &until);
    is_ending = follow.is_ending;
    pthread_mutex_unlock(&follow.lock);
    return !is_ending;
}

static bool take_pending(char id_r[QUARANTINE_ID_SIZE])
{
    bool is_there;

    pthread_mutex_lock(&follow.lock);
    is_there = follow.count > 0;
    if (is_there) {
        memcpy(id_r, follow.pending[0].id, QUARANTINE_ID_SIZE);
        follow.count--;
        memmove(follow.pending, follow.pending + 1, follow.count * sizeof *follow.pending);
    }
    pthread_mutex_unlock(&follow.lock);
    return is_there;
}

static bool must_compare(void)
{
    bool is_due;

    pthread_mutex_lock(&follow.lock);
    is_due = clock_mono_ms() >= follow.compare_at;
    if (is_due && follow.is_doubtful)
        quarantine_compare_forget();
    if (is_due)
        follow.is_doubtful = false;
    pthread_mutex_unlock(&follow.lock);
    return is_due;
}

/* Not while somebody has asked for another one meanwhile. */
static void compared(int64_t begun_at, bool is_done)
{
    pthread_mutex_lock(&follow.lock);
    if (!follow.is_doubtful)
        follow.compare_at = begun_at + (is_done ? COMPARE_MS : RETRY_MS);
    pthread_mutex_unlock(&follow.lock);
}

/* What is not written stays for the comparison. */
static void compare_soon(void)
{
    pthread_mutex_lock(&follow.lock);
    follow.compare_at = clock_mono_ms() + RETRY_MS;
    pthread_mutex_unlock(&follow.lock);
}

static int write_row(const char *node, const char *id, const json_t *row, struct err *err)
{
    struct quarantine_keys keys;
    struct shared_rows rows = {.count = 1};
    json_t *brief;
    int result;

    if (!quarantine_keys_get(&keys))
        return err_set(err, "the cluster's key is not here");
    brief = quarantine_row_brief(row);
    memcpy(rows.of[0].id, id, QUARANTINE_ID_SIZE);
    quarantine_row_seal(&rows.of[0].sealed, &keys, node, id, brief);
    result = quarantine_shared_put(node, &rows, err);
    shared_rows_clear(&rows);
    json_decref(brief);
    return result;
}

static void update(const char *node, const char *id)
{
    enum control_exit code;
    struct shared_id gone;
    struct err err;
    json_t *row = quarantine_ask_row(id, &code, &err);
    int result = -1;

    memcpy(gone.id, id, QUARANTINE_ID_SIZE);
    if (row)
        result = write_row(node, id, row, &err);
    else if (code == EXIT_INVALID)
        result = quarantine_shared_remove(node, &gone, 1, &err);
    quarantine_compare_changed(id);
    if (result == 0)
        quarantine_copies_changed(id, row);
    else
        compare_soon();
    json_decref(row);
}

static bool is_able(struct identity *self)
{
    return identity_get(self) && redis_is_up(cluster_redis()) &&
           cluster_redis_free_percent() >= MIN_FREE;
}

static void work(const struct identity *self)
{
    char id[QUARANTINE_ID_SIZE];

    if (must_compare()) {
        int64_t now = clock_mono_ms();
        struct err err = {""};
        int result = quarantine_compare(self->id, &err);

        if (result == -1)
            log_debug("quarantine index: %s", err.text);
        compared(now, result == 0);
    }
    while (take_pending(id))
        update(self->id, id);
}

static void *run(void *arg)
{
    struct identity self;
    bool was_able = false;

    (void)arg;
    while (await_work(was_able)) {
        was_able = is_able(&self);
        if (was_able)
            work(&self);
    }
    return NULL;
}

int quarantine_follow_begin(struct err *err)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&follow.changed, &attr);
    pthread_condattr_destroy(&attr);
    notices_take(on_notice);
    if (quarantine_copies_begin(err) != 0)
        return -1;
    if (pthread_create(&follow.thread, NULL, run, NULL) != 0)
        return err_set(err, "no thread for the index of the quarantine");
    pthread_mutex_lock(&follow.lock);
    follow.is_begun = true;
    pthread_mutex_unlock(&follow.lock);
    return 0;
}

void quarantine_follow_end(void)
{
    if (!follow.is_begun)
        return;
    pthread_mutex_lock(&follow.lock);
    follow.is_ending = true;
    pthread_cond_signal(&follow.changed);
    pthread_mutex_unlock(&follow.lock);
    hint_end_all();
    pthread_join(follow.thread, NULL);
    quarantine_copies_end();
}
