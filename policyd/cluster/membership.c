/* membership.c - writes this node's heartbeat, reads those of all, and keeps how each node is. */
#include "policyd/cluster/membership.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/authserv_ids.h"
#include "policyd/cluster/canary.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/heartbeat.h"
#include "policyd/cluster/heartbeat_content.h"
#include "policyd/cluster/membership_wire.h"
#include "policyd/cluster/node_table.h"
#include "policyd/cluster/sequence.h"
#include "policyd/health.h"

#define SOON_MS  50   /* between two heartbeats that something asked for */
#define RETRY_MS 1000 /* while Redis does not take ours */

/* lock: what the thread and others share. table_lock: the table of nodes, and one reading at a time; never taken inside lock. */
static struct {
    pthread_mutex_t lock, table_lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool is_started, is_stopping, has_changed;
    char boot[NODE_ID_SIZE]; /* the run and node that the sequence belongs to; the thread's */
    char node[NODE_ID_SIZE]; /* likewise */
    uint64_t written;        /* the last number that Redis took; the thread's */
    int64_t written_ms, full_ms, doubled_ms; /* monotonic; full_ms: of the last full turn */
    bool is_failing;                         /* the last write or reading failed */
    bool is_new;                             /* no member at the last turn */
    struct node_table table;
    size_t alive;
} membership = {.lock = PTHREAD_MUTEX_INITIALIZER, .table_lock = PTHREAD_MUTEX_INITIALIZER};

/* Too long: what is only shown is left out, longest part first. */
static int sign(struct str *out, const struct identity *identity, json_t *content)
{
    static const char *const parts[] = {"heads", "problems", "troubled", "canary"};
    struct err err;
    size_t i = 0;
    int state;

    while ((state = heartbeat_sign(out, identity, content, &err)) != 0 &&
           i < sizeof parts / sizeof *parts)
        json_object_del(content, parts[i++]);
    return state;
}

static void make(struct str *out, const struct identity *identity, uint64_t seq)
{
    json_t *content = heartbeat_content(identity);

    json_object_set_new(content, "id", json_string(identity->id));
    json_object_set_new(content, "boot", json_string(identity->boot));
    json_object_set_new(content, "seq", json_integer((json_int_t)seq));
    sign(out, identity, content);
    json_decref(content);
}

static void say_double(const struct heartbeat *other)
{
    const char *host = json_string_value(json_object_get(other->root, "host"));

    membership.doubled_ms = clock_mono_ms();
    health_set("identity", true, LOG_LEVEL_ERROR,
               "another machine (host %s) runs as this node, with the same state_dir/cluster; "
               "on one of them do `milter-ctl cluster leave`, then join anew",
               host != NULL ? host : "unknown");
}

/* What lay there before ours. Ours, or older than ours: well. Newer, by another run: two machines are this node. */
static void look_before(const struct identity *identity, struct span before)
{
    const struct heartbeat_of of = {identity->cluster, identity->id, identity->sign.public};
    struct heartbeat found;

    if (before.len == 0 || heartbeat_read(before, &of, &found, NULL) != 0)
        return; /* it is overwritten; others name what is forged */
    if (strcmp(found.boot, identity->boot) != 0) {
        if (membership.written > 0 && found.seq > membership.written)
            say_double(&found);
        sequence_above(found.seq);
    }
    heartbeat_clear(&found);
}

static void begin_sequence(const struct identity *identity)
{
    struct err err;

    if (strcmp(membership.boot, identity->boot) == 0 &&
        strcmp(membership.node, identity->id) == 0)
        return;
    memcpy(membership.boot, identity->boot, NODE_ID_SIZE);
    memcpy(membership.node, identity->id, NODE_ID_SIZE);
    membership.written = 0;
    if (sequence_begin(cluster_settings()->state_dir, &err) != 0)
        log_warn("%s; heartbeats go on from what Redis knows", err.text);
}

static int write_heartbeat(const struct identity *identity)
{
    struct str heartbeat = STR_EMPTY, before = STR_EMPTY;
    uint64_t seq;
    int state = -1;

    begin_sequence(identity);
    seq = sequence_next();
    make(&heartbeat, identity, seq);
    if (heartbeat.len > 0)
        state = wire_write(identity->id, str_span(&heartbeat), &before, NULL);
    if (state == 0) {
        look_before(identity, str_span(&before));
        membership.written = seq;
    }
    if (membership.doubled_ms > 0 &&
        clock_mono_ms() - membership.doubled_ms > HEARTBEAT_DOWN_MS) {
        membership.doubled_ms = 0;
        health_set("identity", false, LOG_LEVEL_ERROR, "%s", "");
    }
    str_clear(&heartbeat);
    str_clear(&before);
    return state;
}

/* With table_lock held. */
static int read_all(void)
{
    struct identity identity;
    struct member *members = NULL;
    size_t count;
    int state;

    if (!identity_get(&identity))
        return -1;
    count = members_all(&members);
    node_table_fit(&membership.table, members, count);
    free(members);
    state = node_table_read(&membership.table, identity.cluster);
    pthread_mutex_lock(&membership.lock);
    membership.alive = node_table_alive(&membership.table, identity.id);
    pthread_mutex_unlock(&membership.lock);
    return state;
}

static int read_now(void)
{
    int state;

    pthread_mutex_lock(&membership.table_lock);
    state = read_all();
    if (state == 0)
        cluster_authserv_ids_follow(cluster_settings()->state_dir, &membership.table);
    pthread_mutex_unlock(&membership.table_lock);
    return state;
}

static void note_memory(void)
{
    int percent = wire_free_percent(NULL);

    if (percent >= 0)
        cluster_redis_note_free(percent);
}

/* Each HEARTBEAT_MS in full; when something changed, or Redis did not take the last one, sooner. */
static void turn(const struct identity *identity)
{
    int64_t now = clock_mono_ms();
    bool is_full = membership.is_new || now - membership.full_ms >= HEARTBEAT_MS;
    bool reads = is_full || membership.is_failing;

    membership.is_new = false;
    if (is_full) {
        heartbeat_ask_milter();
        membership.full_ms = now;
    }
    membership.is_failing = write_heartbeat(identity) != 0;
    membership.written_ms = clock_mono_ms();
    if (reads && !membership.is_failing) {
        note_memory();
        membership.is_failing = read_now() != 0;
    }
    canary_tick();
}

static int64_t next_turn(void)
{
    if (membership.has_changed)
        return membership.written_ms + SOON_MS;
    return membership.is_failing ? membership.written_ms + RETRY_MS
                                 : membership.full_ms + HEARTBEAT_MS;
}

/* False when it is time to end. */
static bool wait_for_turn(void)
{
    bool goes_on;

    pthread_mutex_lock(&membership.lock);
    while (!membership.is_stopping && clock_mono_ms() < next_turn()) {
        struct timespec until = clock_timespec(next_turn());
        pthread_cond_timedwait(&membership.wake, &membership.lock, &until);
    }
    membership.has_changed = false;
    goes_on = !membership.is_stopping;
    pthread_mutex_unlock(&membership.lock);
    return goes_on;
}

static void *run(void *unused)
{
    struct identity identity;

    while (wait_for_turn()) {
        if (identity_get(&identity))
            turn(&identity);
        else {
            cluster_authserv_ids_follow(cluster_settings()->state_dir, NULL);
            membership.is_new = true;
            membership.written_ms = membership.full_ms = clock_mono_ms();
        }
    }
    return unused;
}

int membership_begin(struct err *err)
{
    pthread_condattr_t attributes;
    int failed;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&membership.wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_lock(&membership.lock); /* the feed may say already that something changed */
    membership.is_stopping = false;
    failed = pthread_create(&membership.thread, NULL, run, NULL);
    membership.is_started = failed == 0;
    pthread_mutex_unlock(&membership.lock);
    return failed == 0 ? 0
                       : err_set(err, "the thread of heartbeats cannot be started: %s",
                                 strerror(failed));
}

void membership_end(void)
{
    if (!membership.is_started)
        return;
    pthread_mutex_lock(&membership.lock);
    membership.is_stopping = true;
    membership.is_started = false;
    pthread_cond_signal(&membership.wake);
    pthread_mutex_unlock(&membership.lock);
    pthread_join(membership.thread, NULL);
    pthread_mutex_lock(&membership.table_lock); /* the feed ends later, and may ask still */
    node_table_clear(&membership.table);
    pthread_mutex_unlock(&membership.table_lock);
    cluster_authserv_ids_end();
}

void membership_changed(void)
{
    pthread_mutex_lock(&membership.lock);
    membership.has_changed = true;
    if (membership.is_started)
        pthread_cond_signal(&membership.wake);
    pthread_mutex_unlock(&membership.lock);
}

size_t membership_list(bool is_fresh, struct node_seen **nodes_r)
{
    size_t count;

    pthread_mutex_lock(&membership.table_lock);
    if (is_fresh || membership.table.count == 0)
        (void)read_all();
    count = node_table_copy(&membership.table, nodes_r);
    pthread_mutex_unlock(&membership.table_lock);
    return count;
}

size_t membership_alive(void)
{
    size_t alive;

    pthread_mutex_lock(&membership.lock);
    alive = membership.alive;
    pthread_mutex_unlock(&membership.lock);
    return alive > 0 ? alive : 1;
}
