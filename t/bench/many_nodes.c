/* many_nodes.c - the parts of policyd/cluster that speak with Redis, once for each simulated node. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/ledger_inside.h"
#include "policyd/cluster/membership.h"
#include "policyd/cluster/membership_wire.h"
#include "t/bench/many_nodes.h"

#define NAME            "bench"
#define HEARTBEAT_BYTES 1200 /* a node with some lists */
#define ENTRY_BYTES     700  /* one item added, signed */
#define PERIOD_MS       5000
#define STACK_BYTES     (512 * 1024)

struct node {
    pthread_t thread;
    struct redis *link;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_hinted, is_stopping;
    uint64_t applied;
};

static struct {
    struct settings settings;
    size_t count;
    struct node nodes[MANY_NODES_MAX];
    struct member members[MANY_NODES_MAX];
    struct redis *admin;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    size_t ready, read[MANY_CHANGES]; /* nodes; by number */
    int64_t begun_us[MANY_CHANGES];
    int64_t *delays;
    size_t delay_count;
    atomic_ullong failures;
} many = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* In place of cluster.c: whoever asks is the node whose thread this is. */
static _Thread_local struct redis *mine;

struct redis *cluster_redis(void)
{
    return mine;
}

struct redis *cluster_redis_admin(void)
{
    return many.admin;
}

const struct settings *cluster_settings(void)
{
    return &many.settings;
}

void cluster_key(struct str *out, const char *fmt, ...)
{
    char rest[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    str_printf(out, "postgate:{" NAME "}:%s", rest);
}

static void note(int failed)
{
    if (failed != 0)
        atomic_fetch_add(&many.failures, 1);
}

static void on_hint(void *ctx, struct span message)
{
    struct node *node = ctx;

    (void)message;
    pthread_mutex_lock(&node->lock);
    node->is_hinted = true;
    pthread_cond_signal(&node->wake);
    pthread_mutex_unlock(&node->lock);
}

static void note_read(uint64_t number)
{
    int64_t now = clock_mono_us();

    pthread_mutex_lock(&many.lock);
    if (number < MANY_CHANGES) {
        many.read[number]++;
        many.delays[many.delay_count++] = now - many.begun_us[number];
    }
    pthread_cond_broadcast(&many.changed);
    pthread_mutex_unlock(&many.lock);
}

static void read_entries(struct node *node, uint64_t head)
{
    struct str entries[LEDGER_RUN_MAX] = {STR_EMPTY};
    size_t count = 0;

    while (node->applied < head) {
        note(ledger_redis_run(SPAN(MANY_SUBJECT), node->applied + 1, head, entries, &count,
                              NULL));
        for (size_t i = 0; i < count; i++) {
            str_clear(&entries[i]);
            note_read(++node->applied);
        }
        if (count == 0)
            return;
        count = 0;
    }
}

static void look(struct node *node)
{
    struct ledger_head *heads;
    size_t count, malformed;

    note(ledger_redis_heads(&heads, &count, &malformed, NULL));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(heads[i].subject, MANY_SUBJECT) == 0)
            read_entries(node, heads[i].number);
    }
    free(heads);
}

static void take(void *ctx, size_t index, struct span bytes, int64_t age_ms)
{
    (void)ctx, (void)index, (void)bytes, (void)age_ms;
}

static void beat(size_t index)
{
    static char heartbeat[HEARTBEAT_BYTES];
    const struct wire_reader reader = {.take = take};
    struct str before = STR_EMPTY;

    note(wire_write(many.members[index].id, span_from(heartbeat, sizeof heartbeat), &before,
                    NULL));
    str_clear(&before);
    note(wire_read(many.members, many.count, &reader, NULL));
    wire_free_percent(NULL);
}

/* True: a hint; false: time. */
static bool wait_hint(struct node *node, int64_t until_ms, bool *goes_on_r)
{
    struct timespec until = clock_timespec(until_ms);
    bool is_hinted;
    int late = 0;

    pthread_mutex_lock(&node->lock);
    while (!node->is_hinted && !node->is_stopping && late == 0)
        late = pthread_cond_timedwait(&node->wake, &node->lock, &until);
    is_hinted = node->is_hinted;
    node->is_hinted = false;
    *goes_on_r = !node->is_stopping;
    pthread_mutex_unlock(&node->lock);
    return is_hinted;
}

static void *live(void *arg)
{
    struct node *node = arg;
    size_t index = (size_t)(node - many.nodes);
    int64_t next = clock_mono_ms();
    bool goes_on = true;
    uint16_t random;

    mine = node->link;
    look(node);
    pthread_mutex_lock(&many.lock);
    many.ready++;
    pthread_cond_broadcast(&many.changed);
    pthread_mutex_unlock(&many.lock);
    while (goes_on) {
        if (clock_mono_ms() >= next) {
            beat(index);
            look(node);
            hash_random(&random, sizeof random);
            next = clock_mono_ms() + PERIOD_MS * 9 / 10 + random % (PERIOD_MS / 5);
        }
        if (wait_hint(node, next, &goes_on))
            look(node);
    }
    return NULL;
}

static struct redis *open_link(const char *where)
{
    const struct redis_options options = {.health = "redis", .where = where};
    struct err err;
    struct redis *link = redis_new(&options, &err);

    if (link != NULL)
        return link;
    fprintf(stderr, "%s\n", err.text);
    exit(1);
}

static void start_node(size_t index, const char *where)
{
    struct node *node = &many.nodes[index];
    struct str channel = STR_EMPTY;
    pthread_condattr_t monotonic;
    pthread_attr_t small;

    snprintf(many.members[index].id, NODE_ID_SIZE, "%016zx", index);
    pthread_mutex_init(&node->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&node->wake, &monotonic);
    node->link = open_link(where);
    cluster_key(&channel, "changed");
    redis_subscribe(node->link, str_cstr(&channel), on_hint, node);
    str_clear(&channel);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    pthread_create(&node->thread, &small, live, node);
    pthread_attr_destroy(&small);
    pthread_condattr_destroy(&monotonic);
}

void many_nodes_start(const char *where, size_t count)
{
    many.settings.redis_timeout = 10000;
    many.count = count;
    many.delays = xcalloc(count * MANY_CHANGES, sizeof *many.delays);
    mine = many.admin = open_link(where);
    for (size_t i = 0; i < count; i++)
        start_node(i, where);
}

static bool wait_count(const size_t *what, int timeout_ms)
{
    struct timespec until;
    bool is_there;
    int late = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    pthread_mutex_lock(&many.lock);
    while (*what < many.count && late == 0)
        late = pthread_cond_timedwait(&many.changed, &many.lock, &until);
    is_there = *what >= many.count;
    pthread_mutex_unlock(&many.lock);
    return is_there;
}

bool many_nodes_wait_ready(int timeout_ms)
{
    return wait_count(&many.ready, timeout_ms);
}

bool many_nodes_wait_read(uint64_t number, int timeout_ms)
{
    return wait_count(&many.read[number], timeout_ms);
}

/* A hash that no two entries share; nobody looks at it here. */
static void make_head(uint64_t number, struct ledger_head *head_r)
{
    *head_r = (struct ledger_head){.subject = MANY_SUBJECT, .number = number, .base = 1};
    snprintf(head_r->hash, sizeof head_r->hash, "%064llx", (unsigned long long)number);
}

int many_nodes_change(uint64_t number)
{
    static char entry[ENTRY_BYTES];
    struct ledger_head head, before, there;
    char expected[100] = "";
    struct ledger_write write = {.subject = SPAN(MANY_SUBJECT),
                                 .expected = expected,
                                 .head = &head,
                                 .envelope = span_from(entry, sizeof entry)};

    make_head(number, &head);
    make_head(number - 1, &before);
    if (number > 1)
        snprintf(expected, sizeof expected, "%llu %s", (unsigned long long)before.number,
                 before.hash);
    memset(entry, 'x', sizeof entry);
    pthread_mutex_lock(&many.lock);
    many.begun_us[number] = clock_mono_us();
    pthread_mutex_unlock(&many.lock);
    return ledger_write_head(&write, &there, NULL) == 1 ? 0 : -1;
}

static int compare(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

const int64_t *many_nodes_delays(size_t *count_r)
{
    pthread_mutex_lock(&many.lock);
    *count_r = many.delay_count;
    qsort(many.delays, many.delay_count, sizeof *many.delays, compare);
    pthread_mutex_unlock(&many.lock);
    return many.delays;
}

double many_nodes_info(const char *section, const char *name)
{
    redisReply *reply = redis_askf(many.admin, 10000, NULL, "INFO %s", section);
    struct span rest = span_of(reply != NULL ? reply->str : ""), line, key;
    double value = -1;

    while (span_cut(&rest, '\n', &line)) {
        struct span text = line;
        if (span_cut(&text, ':', &key) && span_is(key, name) && text.ptr != NULL)
            value = strtod(text.ptr, NULL);
    }
    freeReplyObject(reply);
    return value;
}

uint64_t many_nodes_failures(void)
{
    return atomic_load(&many.failures);
}

void many_nodes_stop(void)
{
    for (size_t i = 0; i < many.count; i++) {
        struct node *node = &many.nodes[i];
        pthread_mutex_lock(&node->lock);
        node->is_stopping = true;
        pthread_cond_signal(&node->wake);
        pthread_mutex_unlock(&node->lock);
    }
    for (size_t i = 0; i < many.count; i++) {
        pthread_join(many.nodes[i].thread, NULL);
        redis_free(&many.nodes[i].link);
    }
    redis_free(&many.admin);
    xfree(&many.delays);
}
