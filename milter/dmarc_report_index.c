/* dmarc_report_index.c - open addressing over a keyed hash: senders choose the keys. */
#include "milter/dmarc_report_index.h"
#include "base/hash.h"
#include "base/xalloc.h"

#define ROOM_FIRST 256 /* a power of two */

struct index {
    uint64_t seed[2];
    size_t room, count;
    struct index_slot *slots;
};

struct index *index_new(void)
{
    struct index *index = xcalloc(1, sizeof *index);

    hash_random(index->seed, sizeof index->seed);
    index->room = ROOM_FIRST;
    index->slots = xcalloc(index->room, sizeof *index->slots);
    return index;
}

void index_free(struct index **index)
{
    if (*index != NULL)
        xfree(&(*index)->slots);
    xfree(index);
}

/* At most half of the slots are taken, so there is an end. */
static struct index_slot *find(struct index *index, struct span key)
{
    size_t at = hash_table64(index->seed, key) & (index->room - 1);

    while (index->slots[at].of != NULL && !span_equal(index->slots[at].key, key))
        at = (at + 1) & (index->room - 1);
    return &index->slots[at];
}

static void grow(struct index *index)
{
    struct index_slot *before = index->slots;
    size_t room = index->room;

    index->room *= 2;
    index->slots = xcalloc(index->room, sizeof *index->slots);
    for (size_t i = 0; i < room; i++)
        if (before[i].of != NULL)
            *find(index, before[i].key) = before[i];
    xfree(&before);
}

struct index_slot *index_at(struct index *index, struct span key)
{
    if (2 * (index->count + 1) > index->room)
        grow(index);
    return find(index, key);
}

void index_added(struct index *index)
{
    index->count++;
}
