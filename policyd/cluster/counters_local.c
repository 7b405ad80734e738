/* counters_local.c - counters in memory: a shelf each. */
#include <pthread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/counters.h"
#include "policyd/cluster/counters_local.h"

#define EVICT 16 /* so many at once, so that a flood does not search a drawer for each key */

struct local_counter {
    struct charge_counter counter;
    struct span name; /* owned */
    struct shelf *shelf;
    int64_t used_ms;
};

static struct {
    pthread_mutex_t lock;
    size_t count;
    struct local_counter each[COUNTERS_LOCAL_MAX];
} local = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct local_counter *find(struct span name)
{
    for (size_t i = 0; i < local.count; i++)
        if (span_equal(local.each[i].name, name))
            return &local.each[i];
    return NULL;
}

static void clear_counter(struct local_counter *c)
{
    char *name = (char *)(uintptr_t)c->name.ptr;

    xfree(&name);
    shelf_free(&c->shelf);
}

static struct local_counter *oldest(void)
{
    struct local_counter *c = &local.each[0];

    for (size_t i = 1; i < local.count; i++)
        if (local.each[i].used_ms < c->used_ms)
            c = &local.each[i];
    return c;
}

static struct local_counter *make(struct span name, const struct charge_counter *counter,
                                  int64_t now_ms)
{
    struct local_counter *c = find(name);

    if (c == NULL) {
        c = local.count < COUNTERS_LOCAL_MAX ? &local.each[local.count++] : oldest();
        clear_counter(c);
        c->counter = *counter;
        c->name = span_from(xstrndup(name.ptr, name.len), name.len);
        c->shelf = shelf_new(COUNTERS_DRAWERS, COUNTERS_ROOM);
    }
    c->used_ms = now_ms;
    return c;
}

static int64_t sum_of(const struct charge_counter *counter, struct span cell, int64_t now_ms)
{
    int64_t now = window_part(counter->window, now_ms);

    return counter->kind == CHARGE_DISTINCT ? window_count(cell, now, NULL, 0)
                                            : window_sum(cell, now);
}

int64_t counters_local_read(const struct counter_ask *ask, const struct counters_key *key,
                            int64_t now_ms, const uint8_t *members, size_t count)
{
    int64_t now = window_part(ask->counter.window, now_ms), sum;
    struct span cell = SPAN("");
    struct shelf_entry *entry;
    struct local_counter *c;

    pthread_mutex_lock(&local.lock);
    c = find(ask->name);
    if (c != NULL) {
        c->used_ms = now_ms;
        entry = shelf_find(c->shelf, key->key);
        cell = entry != NULL ? str_span(&entry->value) : SPAN("");
    }
    sum = ask->counter.kind == CHARGE_DISTINCT ? window_count(cell, now, members, count)
                                               : window_sum(cell, now);
    pthread_mutex_unlock(&local.lock);
    return sum;
}

static size_t drop_spent(struct local_counter *c, size_t drawer, int64_t now_ms)
{
    size_t dropped = 0;

    for (size_t i = shelf_count(c->shelf, drawer); i-- > 0;) {
        struct shelf_entry *entry = shelf_at(c->shelf, drawer, i);
        if (sum_of(&c->counter, str_span(&entry->value), now_ms) > 0)
            continue;
        shelf_drop(c->shelf, drawer, i);
        dropped++;
    }
    return dropped;
}

static void drop_least(struct local_counter *c, size_t drawer, int64_t now_ms)
{
    int64_t least = INT64_MAX;
    size_t at = 0;

    for (size_t i = 0; i < shelf_count(c->shelf, drawer); i++) {
        struct shelf_entry *entry = shelf_at(c->shelf, drawer, i);
        int64_t sum = sum_of(&c->counter, str_span(&entry->value), now_ms);
        if (sum < least) {
            least = sum;
            at = i;
        }
    }
    shelf_drop(c->shelf, drawer, at);
}

/* Whose window is over goes first, then those that count least: little is forgotten with them. */
static struct shelf_entry *put(struct local_counter *c, const uint8_t *key, int64_t now_ms)
{
    struct shelf_entry *entry = shelf_put(c->shelf, key);
    size_t drawer = shelf_drawer(c->shelf, key);

    if (entry != NULL)
        return entry;
    if (drop_spent(c, drawer, now_ms) == 0)
        for (size_t i = 0; i < EVICT; i++)
            drop_least(c, drawer, now_ms);
    return shelf_put(c->shelf, key);
}

void counters_local_charge(const struct counter_ask *ask, const struct counters_key *key,
                           int64_t now_ms, int64_t at_ms)
{
    int64_t now = window_part(ask->counter.window, now_ms);
    int64_t part = window_part(ask->counter.window, at_ms);
    struct shelf_entry *entry;
    struct local_counter *c;

    pthread_mutex_lock(&local.lock);
    c = make(ask->name, &ask->counter, now_ms);
    entry = shelf_find(c->shelf, key->key);
    if (entry == NULL)
        entry = put(c, key->key, now_ms);
    if (ask->counter.kind == CHARGE_DISTINCT)
        (void)window_note(&entry->value, now, part, key->member);
    else
        window_add(&entry->value, now, part, ask->amount);
    shelf_touch(c->shelf, shelf_drawer(c->shelf, key->key));
    pthread_mutex_unlock(&local.lock);
}

bool counters_local_changed(struct str *name, size_t *drawer_r, struct str *bytes)
{
    bool is_there = false;

    pthread_mutex_lock(&local.lock);
    for (size_t i = 0; i < local.count && !is_there; i++) {
        is_there = shelf_take_changed(local.each[i].shelf, drawer_r, bytes);
        if (is_there)
            str_add(name, local.each[i].name);
    }
    pthread_mutex_unlock(&local.lock);
    return is_there;
}

void counters_local_restore(const struct drawer_row *row)
{
    struct charge_counter counter;
    struct local_counter *c;

    if (row->drawer >= COUNTERS_DRAWERS || !charge_counter_parse(row->name, &counter))
        return;
    pthread_mutex_lock(&local.lock);
    c = make(row->name, &counter, clock_now_ms());
    shelf_restore(c->shelf, row->drawer, row->bytes);
    pthread_mutex_unlock(&local.lock);
}

void counters_local_unkept(struct span name, size_t drawer)
{
    struct local_counter *c;

    pthread_mutex_lock(&local.lock);
    c = find(name);
    if (c != NULL)
        shelf_touch(c->shelf, drawer);
    pthread_mutex_unlock(&local.lock);
}

/* A shelf is freed without the lock: it may be large, and the policy loop waits for that lock. */
bool counters_local_forget(int64_t now_ms, struct str *name)
{
    struct local_counter gone = {.shelf = NULL};
    bool is_there = false;

    pthread_mutex_lock(&local.lock);
    for (size_t i = local.count; i-- > 0 && !is_there;) {
        struct local_counter *c = &local.each[i];
        is_there = now_ms - c->used_ms > 2 * 1000 * c->counter.window;
        if (!is_there)
            continue;
        gone = *c;
        *c = local.each[--local.count];
        local.each[local.count] = (struct local_counter){.shelf = NULL};
    }
    pthread_mutex_unlock(&local.lock);
    if (is_there) {
        str_add(name, gone.name);
        clear_counter(&gone);
    }
    return is_there;
}

void counters_local_clear(void)
{
    pthread_mutex_lock(&local.lock);
    while (local.count > 0)
        clear_counter(&local.each[--local.count]);
    memset(local.each, 0, sizeof local.each);
    pthread_mutex_unlock(&local.lock);
}
