/* cache.c - answers in memory: an entry is one block, in a chain of its bucket and in the order of use. */
#include "dns/cache.h"
#include "base/hash.h"
#include "base/xalloc.h"

#define BUCKETS 16384

struct entry {
    struct entry *next, **at; /* in its bucket */
    struct entry *older, *newer;
    int64_t expires; /* clock_mono_ms */
    size_t size;
    struct dns_answer answer; /* points behind it */
    struct span records[];    /* then the bytes of name and records */
};

struct cache {
    uint64_t seed[2];
    size_t bytes, max_bytes;
    struct entry *oldest, *newest;
    struct entry *bucket[BUCKETS];
};

struct cache *cache_new(size_t max_bytes)
{
    struct cache *cache = xcalloc(1, sizeof *cache);

    hash_random(cache->seed, sizeof cache->seed);
    cache->max_bytes = max_bytes;
    return cache;
}

static void use_unlink(struct cache *cache, struct entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
}

static void use_link(struct cache *cache, struct entry *entry)
{
    entry->older = cache->newest;
    entry->newer = NULL;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop(struct cache *cache, struct entry *entry)
{
    *entry->at = entry->next;
    if (entry->next != NULL)
        entry->next->at = entry->at;
    use_unlink(cache, entry);
    cache->bytes -= entry->size;
    xfree(&entry);
}

void cache_clear(struct cache *cache)
{
    while (cache->oldest != NULL)
        drop(cache, cache->oldest);
}

void cache_free(struct cache **cache)
{
    if (*cache != NULL)
        cache_clear(*cache);
    xfree(cache);
}

static struct entry **bucket_of(struct cache *cache, enum dns_type type, struct span name)
{
    return &cache->bucket[(hash_table64(cache->seed, name) ^ type) % BUCKETS];
}

static struct entry *find(struct cache *cache, enum dns_type type, struct span name)
{
    struct entry *entry = *bucket_of(cache, type, name);

    while (entry != NULL &&
           (entry->answer.type != type || !span_equal(entry->answer.name, name)))
        entry = entry->next;
    return entry;
}

bool cache_find(struct cache *cache, enum dns_type type, struct span name, int64_t now,
                struct dns_answer *answer_r)
{
    struct entry *entry = find(cache, type, name);

    if (entry == NULL)
        return false;
    if (entry->expires <= now) {
        drop(cache, entry);
        return false;
    }
    use_unlink(cache, entry);
    use_link(cache, entry);
    *answer_r = entry->answer;
    answer_r->ttl = (uint32_t)((entry->expires - now + 999) / 1000);
    return true;
}

static struct span copy(char **to, struct span bytes)
{
    struct span copied = span_from(*to, bytes.len);

    if (bytes.len > 0)
        memcpy(*to, bytes.ptr, bytes.len);
    *to += bytes.len;
    return copied;
}

/* At most DNS_RECORDS_MAX records of DNS_ANSWER_BYTES. */
static struct entry *entry_new(const struct dns_answer *answer)
{
    size_t size = sizeof(struct entry) + answer->count * sizeof(struct span) + answer->name.len;
    struct entry *entry;
    char *bytes;

    for (size_t i = 0; i < answer->count; i++)
        size += answer->records[i].len;
    entry = xmalloc(size);
    entry->size = size;
    entry->answer = *answer;
    entry->answer.records = entry->records;
    bytes = (char *)&entry->records[answer->count];
    entry->answer.name = copy(&bytes, answer->name);
    for (size_t i = 0; i < answer->count; i++)
        entry->records[i] = copy(&bytes, answer->records[i]);
    return entry;
}

void cache_put(struct cache *cache, const struct dns_answer *answer, int64_t now)
{
    struct entry *entry = find(cache, answer->type, answer->name);

    if (entry != NULL)
        drop(cache, entry);
    if ((answer->status != DNS_FOUND && answer->status != DNS_NONE) || answer->ttl == 0)
        return;
    entry = entry_new(answer);
    entry->expires = now + (int64_t)answer->ttl * 1000;
    entry->at = bucket_of(cache, answer->type, answer->name);
    entry->next = *entry->at;
    if (entry->next != NULL)
        entry->next->at = &entry->next;
    *entry->at = entry;
    use_link(cache, entry);
    cache->bytes += entry->size;
    while (cache->bytes > cache->max_bytes)
        drop(cache, cache->oldest);
}
