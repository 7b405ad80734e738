/* shares.c - counts by key, in chains. */
#include "dns/shares.h"
#include <stddef.h>
#include "base/hash.h"
#include "base/xalloc.h"

#define BUCKETS 1024

struct entry {
    struct entry *next;
    uint64_t key;
    unsigned count;
};

struct shares {
    uint64_t seed[2];
    struct entry *bucket[BUCKETS];
};

struct shares *shares_new(void)
{
    struct shares *shares = xcalloc(1, sizeof *shares);

    hash_random(shares->seed, sizeof shares->seed);
    return shares;
}

void shares_free(struct shares **shares)
{
    for (size_t i = 0; *shares != NULL && i < BUCKETS; i++)
        while ((*shares)->bucket[i] != NULL) {
            struct entry *entry = (*shares)->bucket[i];

            (*shares)->bucket[i] = entry->next;
            xfree(&entry);
        }
    xfree(shares);
}

/* Keys are chosen by whoever has many networks: hashed under a seed. */
static size_t bucket_of(const struct shares *shares, uint64_t key)
{
    return hash_table64(shares->seed, span_from(&key, sizeof key)) % BUCKETS;
}

/* The place that points to the entry, or to NULL. */
static struct entry **find(struct shares *shares, uint64_t key)
{
    struct entry **at = &shares->bucket[bucket_of(shares, key)];

    while (*at != NULL && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

unsigned shares_count(const struct shares *shares, uint64_t key)
{
    const struct entry *entry = shares->bucket[bucket_of(shares, key)];

    while (entry != NULL && entry->key != key)
        entry = entry->next;
    return entry != NULL ? entry->count : 0;
}

void shares_add(struct shares *shares, uint64_t key)
{
    struct entry **at = find(shares, key);

    if (*at == NULL) {
        *at = xcalloc(1, sizeof **at);
        (*at)->key = key;
    }
    (*at)->count++;
}

void shares_sub(struct shares *shares, uint64_t key)
{
    struct entry **at = find(shares, key), *entry = *at;

    if (entry == NULL || --entry->count > 0)
        return;
    *at = entry->next;
    xfree(&entry);
}
