/* pending.c - charges that Redis has not heard of yet. */
#include <pthread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/pending.h"

#define BUCKETS 16384

static struct {
    pthread_mutex_t lock;
    size_t count;
    TAILQ_HEAD(, pending) all;
    LIST_HEAD(, pending) buckets[BUCKETS];
} pending = {.lock = PTHREAD_MUTEX_INITIALIZER, .all = TAILQ_HEAD_INITIALIZER(pending.all)};

static size_t bucket_of(const struct counters_key *key)
{
    return ((size_t)key->key[0] << 8 | key->key[1]) % BUCKETS;
}

static pthread_mutex_t row = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void pending_row_lock(void)
{
    pthread_mutex_lock(&row);
}

void pending_row_unlock(void)
{
    pthread_mutex_unlock(&row);
}

/* Charges of one key within one part of the window are one. */
static struct pending *find(const struct counters_key *key, int64_t window, int64_t at_ms)
{
    struct pending *p;

    LIST_FOREACH(p, &pending.buckets[bucket_of(key)], in_bucket)
    {
        if (!p->is_taken && memcmp(&p->key, key, sizeof *key) == 0 &&
            at_ms - p->at_ms < window_width(window))
            return p;
    }
    return NULL;
}

static struct pending *make(const struct counter_ask *ask, const struct counters_key *key,
                            const uint8_t name[8], int64_t at_ms)
{
    struct pending *p = xcalloc(1, sizeof *p);

    p->key = *key;
    memcpy(p->name, name, sizeof p->name);
    p->kind = ask->counter.kind;
    p->window = ask->counter.window;
    p->at_ms = at_ms;
    TAILQ_INSERT_TAIL(&pending.all, p, in_order);
    LIST_INSERT_HEAD(&pending.buckets[bucket_of(key)], p, in_bucket);
    pending.count++;
    return p;
}

bool pending_add(const struct counter_ask *ask, const struct counters_key *key,
                 const uint8_t name[8], int64_t at_ms)
{
    struct pending *p;

    pthread_mutex_lock(&pending.lock);
    p = find(key, ask->counter.window, at_ms);
    if (p == NULL && pending.count < PENDING_MAX)
        p = make(ask, key, name, at_ms);
    if (p != NULL && p->amount <= WINDOW_MAX_AMOUNT - ask->amount)
        p->amount += ask->amount;
    pthread_mutex_unlock(&pending.lock);
    return p != NULL;
}

size_t pending_take(struct pending *batch[PENDING_BATCH])
{
    size_t count = 0;
    struct pending *p;

    pthread_mutex_lock(&pending.lock);
    while (count < PENDING_BATCH && (p = TAILQ_FIRST(&pending.all)) != NULL) {
        TAILQ_REMOVE(&pending.all, p, in_order);
        p->is_taken = true;
        pending.count--;
        batch[count++] = p;
    }
    pthread_mutex_unlock(&pending.lock);
    return count;
}

void pending_set_sent(struct pending *const *batch, size_t count, bool is_sent)
{
    pthread_mutex_lock(&pending.lock);
    for (size_t i = 0; i < count; i++)
        batch[i]->is_sent = is_sent;
    pthread_mutex_unlock(&pending.lock);
}

void pending_drop(struct pending **batch, size_t count)
{
    pthread_mutex_lock(&pending.lock);
    for (size_t i = 0; i < count; i++) {
        LIST_REMOVE(batch[i], in_bucket);
        xfree(&batch[i]);
    }
    pthread_mutex_unlock(&pending.lock);
}

size_t pending_count(void)
{
    size_t count;

    pthread_mutex_lock(&pending.lock);
    count = pending.count;
    pthread_mutex_unlock(&pending.lock);
    return count;
}

static bool has_member(const struct str *members, const uint8_t *member)
{
    for (size_t i = 0; i + WINDOW_MEMBER_SIZE <= members->len; i += WINDOW_MEMBER_SIZE)
        if (memcmp(members->ptr + i, member, WINDOW_MEMBER_SIZE) == 0)
            return true;
    return false;
}

int64_t pending_read(const struct counters_key *key, enum charge_kind kind, struct str *members)
{
    struct pending *p;
    int64_t sum = 0;

    pthread_mutex_lock(&pending.lock);
    LIST_FOREACH(p, &pending.buckets[bucket_of(key)], in_bucket)
    {
        if (p->is_sent || memcmp(p->key.key, key->key, sizeof key->key) != 0)
            continue;
        sum += p->amount;
        if (kind == CHARGE_DISTINCT && !has_member(members, p->key.member))
            str_add(members, span_from(p->key.member, sizeof p->key.member));
    }
    pthread_mutex_unlock(&pending.lock);
    return sum;
}

void pending_clear(void)
{
    struct pending *batch[PENDING_BATCH];
    size_t count;

    while ((count = pending_take(batch)) > 0)
        pending_drop(batch, count);
}
