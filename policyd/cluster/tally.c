/* tally.c - a bounded table of names and their sums. */
#include "policyd/cluster/tally.h"
#include <pthread.h>
#include <stdlib.h>
#include "base/hash.h"
#include "base/xalloc.h"

#define ROWS_FIRST 16

const char *const measure_names[MEASURE__COUNT] = {"messages", "stopped", "refused", "requests",
                                                   "bytes"};

uint64_t tally_sum(uint64_t a, uint64_t b)
{
    return a > TALLY_MAX || b > TALLY_MAX - a ? TALLY_MAX : a + b;
}

void measures_add(struct measures *to, const struct measures *from)
{
    for (int i = 0; i < MEASURE__COUNT; i++)
        to->of[i] = tally_sum(to->of[i], from->of[i]);
}

uint64_t measures_weight(const struct measures *m)
{
    return tally_sum(tally_sum(m->of[MEASURE_MESSAGES], m->of[MEASURE_REFUSED]),
                     m->of[MEASURE_REQUESTS]);
}

void tally_init(struct tally *tally, size_t limit, bool is_top)
{
    *tally = (struct tally){.limit = limit, .is_top = is_top};
}

void tally_clear(struct tally *tally)
{
    for (size_t i = 0; i < tally->count; i++)
        xfree(&tally->rows[i].key);
    xfree(&tally->rows);
    xfree(&tally->slots);
    tally_init(tally, tally->limit, tally->is_top);
}

/* Keys come from outside: a seed of our own, so that nobody can make them collide. */
static uint64_t seed[2];

static void make_seed(void)
{
    hash_random(seed, sizeof seed);
}

static uint64_t hash_of(struct span key)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_seed);
    return hash_table64(seed, key);
}

static struct span cut(struct span key)
{
    const char *end = key.len > 0 ? memchr(key.ptr, '\0', key.len) : NULL;

    if (end != NULL)
        key.len = (size_t)(end - key.ptr);
    if (key.len <= TALLY_KEY_MAX)
        return key;
    key.len = TALLY_KEY_MAX;
    while (key.len > 0 && ((unsigned char)key.ptr[key.len] & 0xc0) == 0x80)
        key.len--;
    return key;
}

static size_t slot_of(const struct tally *tally, uint64_t hash, struct span key)
{
    size_t slot = hash & (tally->slot_count - 1);

    while (tally->slots[slot] != 0) {
        const struct tally_row *row = &tally->rows[tally->slots[slot] - 1];
        if (row->hash == hash && span_is(key, row->key))
            break;
        slot = (slot + 1) & (tally->slot_count - 1);
    }
    return slot;
}

static void fill_slot(struct tally *tally, size_t index)
{
    size_t slot = tally->rows[index].hash & (tally->slot_count - 1);

    while (tally->slots[slot] != 0)
        slot = (slot + 1) & (tally->slot_count - 1);
    tally->slots[slot] = (uint32_t)index + 1;
}

static void fill_slots(struct tally *tally)
{
    memset(tally->slots, 0, tally->slot_count * sizeof *tally->slots);
    for (size_t i = 0; i < tally->count; i++)
        fill_slot(tally, i);
}

/* Slots are twice as many as rows, so that there is always a free one. */
static void grow(struct tally *tally)
{
    if (tally->count < tally->room)
        return;
    tally->room = tally->room == 0 ? ROWS_FIRST : tally->room * 2;
    tally->slot_count = tally->room * 2;
    tally->rows = xreallocarray(tally->rows, tally->room, sizeof *tally->rows);
    xfree(&tally->slots);
    tally->slots = xcalloc(tally->slot_count, sizeof *tally->slots);
    fill_slots(tally);
}

static struct tally_row *lightest(const struct tally *tally)
{
    struct tally_row *found = &tally->rows[0];

    for (size_t i = 1; i < tally->count; i++)
        if (tally->rows[i].weight < found->weight)
            found = &tally->rows[i];
    return found;
}

static struct tally_row new_row(struct span key, uint64_t hash, uint64_t inherited,
                                const struct measures *measures)
{
    return (struct tally_row){.key = xstrndup(key.ptr, key.len),
                              .hash = hash,
                              .weight = tally_sum(inherited, measures_weight(measures)),
                              .sum = *measures};
}

static void add_row(struct tally *tally, struct span key, uint64_t hash,
                    const struct measures *measures)
{
    grow(tally);
    tally->rows[tally->count] = new_row(key, hash, 0, measures);
    fill_slot(tally, tally->count++);
}

static void replace_lightest(struct tally *tally, struct span key, uint64_t hash,
                             const struct measures *measures)
{
    struct tally_row *row = lightest(tally);

    measures_add(&tally->other, &row->sum);
    xfree(&row->key);
    *row = new_row(key, hash, row->weight, measures);
    fill_slots(tally);
}

void tally_add(struct tally *tally, struct span key, const struct measures *measures)
{
    uint64_t hash;
    size_t slot = 0;

    key = cut(key);
    hash = hash_of(key);
    if (tally->slot_count > 0)
        slot = slot_of(tally, hash, key);
    if (tally->slot_count > 0 && tally->slots[slot] != 0) {
        struct tally_row *row = &tally->rows[tally->slots[slot] - 1];
        row->weight = tally_sum(row->weight, measures_weight(measures));
        measures_add(&row->sum, measures);
    } else if (tally->count < tally->limit) {
        add_row(tally, key, hash, measures);
    } else if (tally->is_top && tally->count > 0) {
        replace_lightest(tally, key, hash, measures);
    } else {
        measures_add(&tally->other, measures);
    }
}

void tally_merge(struct tally *to, const struct tally *from)
{
    measures_add(&to->other, &from->other);
    for (size_t i = 0; i < from->count; i++)
        tally_add(to, span_of(from->rows[i].key), &from->rows[i].sum);
}

const struct tally_row *tally_find(const struct tally *tally, struct span key)
{
    size_t slot;

    if (tally->slot_count == 0)
        return NULL;
    key = cut(key);
    slot = slot_of(tally, hash_of(key), key);
    return tally->slots[slot] != 0 ? &tally->rows[tally->slots[slot] - 1] : NULL;
}

static int compare(const void *a, const void *b)
{
    const struct tally_row *x = a, *y = b;
    uint64_t of_x = measures_weight(&x->sum), of_y = measures_weight(&y->sum);

    if (of_x != of_y)
        return of_x > of_y ? -1 : 1;
    return strcmp(x->key, y->key);
}

void tally_sort(struct tally *tally)
{
    if (tally->count == 0)
        return;
    qsort(tally->rows, tally->count, sizeof *tally->rows, compare);
    fill_slots(tally);
}

void tally_thin(struct tally *tally, size_t names)
{
    tally_sort(tally);
    while (tally->count > names) {
        struct tally_row *row = &tally->rows[--tally->count];
        measures_add(&tally->other, &row->sum);
        xfree(&row->key);
    }
    if (tally->slot_count > 0)
        fill_slots(tally);
}
