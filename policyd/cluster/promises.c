/* promises.c - what the recipients of messages under way will be counted in. */
#include <pthread.h>
#include <sys/queue.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/promises.h"

#define BUCKETS 4096

struct promise {
    struct counters_key key;
    size_t count;
};

struct promised {
    TAILQ_ENTRY(promised) by_use;
    LIST_ENTRY(promised) in_bucket;
    uint64_t id; /* keyed hash of the instance */
    int64_t used_ms;
    size_t count, room;
    struct promise *of;
};

static struct {
    pthread_mutex_t lock;
    bool is_begun;
    uint64_t seed[2];
    size_t count, entries;
    TAILQ_HEAD(, promised) all; /* the longest unused first */
    LIST_HEAD(, promised) buckets[BUCKETS];
} promises = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void begin(void)
{
    if (promises.is_begun)
        return;
    promises.is_begun = true;
    hash_random(promises.seed, sizeof promises.seed);
    TAILQ_INIT(&promises.all);
}

static struct promised *find(uint64_t id)
{
    struct promised *p;

    LIST_FOREACH(p, &promises.buckets[id % BUCKETS], in_bucket)
    {
        if (p->id == id)
            return p;
    }
    return NULL;
}

static void drop(struct promised *p)
{
    TAILQ_REMOVE(&promises.all, p, by_use);
    LIST_REMOVE(p, in_bucket);
    promises.count--;
    promises.entries -= p->count;
    xfree(&p->of);
    xfree(&p);
}

static void make_room(int64_t now)
{
    struct promised *p = TAILQ_FIRST(&promises.all);

    while (p != NULL &&
           (promises.count >= PROMISES_MAX || promises.entries >= PROMISES_MAX_ENTRIES ||
            now - p->used_ms > PROMISES_KEEP_MS)) {
        drop(p);
        p = TAILQ_FIRST(&promises.all);
    }
}

static struct promised *use(uint64_t id)
{
    int64_t now = clock_mono_ms();
    struct promised *p;

    make_room(now);
    p = find(id);
    if (p == NULL) {
        p = xcalloc(1, sizeof *p);
        p->id = id;
        LIST_INSERT_HEAD(&promises.buckets[id % BUCKETS], p, in_bucket);
        promises.count++;
    } else {
        TAILQ_REMOVE(&promises.all, p, by_use);
    }
    p->used_ms = now;
    TAILQ_INSERT_TAIL(&promises.all, p, by_use);
    return p;
}

static void add(struct promised *p, const struct counters_key *key)
{
    for (size_t i = 0; i < p->count; i++) {
        if (memcmp(&p->of[i].key, key, sizeof *key) == 0) {
            p->of[i].count++;
            return;
        }
    }
    if (p->count == p->room) {
        p->room = p->room == 0 ? 4 : 2 * p->room;
        p->of = xreallocarray(p->of, p->room, sizeof *p->of);
    }
    p->of[p->count++] = (struct promise){*key, 1};
    promises.entries++;
}

static bool is_promised(enum charge_kind kind)
{
    return kind == CHARGE_RECIPIENTS || kind == CHARGE_DISTINCT;
}

void promises_add(struct span transaction, const struct counter_ask *ask,
                  const struct counters_key *key)
{
    if (transaction.len == 0 || !is_promised(ask->counter.kind))
        return;
    pthread_mutex_lock(&promises.lock);
    begin();
    add(use(hash_table64(promises.seed, transaction)), key);
    pthread_mutex_unlock(&promises.lock);
}

static size_t read_one(const struct promise *p, const struct counter_ask *ask,
                       const struct counters_key *key, struct str *members)
{
    if (memcmp(p->key.key, key->key, sizeof key->key) != 0)
        return 0;
    if (ask->counter.kind == CHARGE_RECIPIENTS)
        return p->count;
    if (memcmp(p->key.member, key->member, sizeof key->member) == 0)
        return 0;
    str_add(members, span_from(p->key.member, sizeof p->key.member));
    return 1;
}

size_t promises_read(struct span transaction, const struct counter_ask *ask,
                     const struct counters_key *key, struct str *members)
{
    struct promised *p;
    size_t sum = 0;

    if (transaction.len == 0 || !is_promised(ask->counter.kind))
        return 0;
    pthread_mutex_lock(&promises.lock);
    begin();
    p = find(hash_table64(promises.seed, transaction));
    for (size_t i = 0; p != NULL && i < p->count; i++)
        sum += read_one(&p->of[i], ask, key, members);
    pthread_mutex_unlock(&promises.lock);
    return sum;
}

void promises_clear(void)
{
    pthread_mutex_lock(&promises.lock);
    begin();
    while (!TAILQ_EMPTY(&promises.all))
        drop(TAILQ_FIRST(&promises.all));
    pthread_mutex_unlock(&promises.lock);
}
