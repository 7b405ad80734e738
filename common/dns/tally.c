/* tally.c - counts by key, in chains. */
#include "dns/tally.h"
#include <stddef.h>
#include "base/hash.h"
#include "base/xalloc.h"

#define BUCKETS 1024

struct entry {
    struct entry *next;
    uint64_t key;
    unsigned count;
};

struct tally {
    uint64_t seed[2];
    struct entry *bucket[BUCKETS];
};

struct tally *tally_new(void)
{
    struct tally *tally = xcalloc(1, sizeof *tally);

    hash_random(tally->seed, sizeof tally->seed);
    return tally;
}

void tally_free(struct tally **tally)
{
    for (size_t i = 0; *tally != NULL && i < BUCKETS; i++)
        while ((*tally)->bucket[i] != NULL) {
            struct entry *entry = (*tally)->bucket[i];

            (*tally)->bucket[i] = entry->next;
            xfree(&entry);
        }
    xfree(tally);
}

/* Keys are chosen by whoever has many networks: hashed under a seed. */
static size_t bucket_of(const struct tally *tally, uint64_t key)
{
    return hash_table64(tally->seed, span_from(&key, sizeof key)) % BUCKETS;
}

/* The place that points to the entry, or to NULL. */
static struct entry **find(struct tally *tally, uint64_t key)
{
    struct entry **at = &tally->bucket[bucket_of(tally, key)];

    while (*at != NULL && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

unsigned tally_count(const struct tally *tally, uint64_t key)
{
    const struct entry *entry = tally->bucket[bucket_of(tally, key)];

    while (entry != NULL && entry->key != key)
        entry = entry->next;
    return entry != NULL ? entry->count : 0;
}

void tally_add(struct tally *tally, uint64_t key)
{
    struct entry **at = find(tally, key);

    if (*at == NULL) {
        *at = xcalloc(1, sizeof **at);
        (*at)->key = key;
    }
    (*at)->count++;
}

void tally_sub(struct tally *tally, uint64_t key)
{
    struct entry **at = find(tally, key), *entry = *at;

    if (entry == NULL || --entry->count > 0)
        return;
    *at = entry->next;
    xfree(&entry);
}
