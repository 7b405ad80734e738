/* Answers that still hold, as we give them out: in front of libunbound's cache, so that what is known costs no lookup and no bound, and survives a
 * new context. Bounded in bytes; the one not used for longest goes first. One thread. */
#ifndef DNS_CACHE_H
#define DNS_CACHE_H
#include "dns/name.h"
#include "mail/dns_answer.h"

struct cache;

struct cache *cache_new(size_t max_bytes);
void cache_free(struct cache **cache);
void cache_clear(struct cache *cache);
/* The answer is only lent, until the next call. now: clock_mono_ms. */
bool cache_find(struct cache *cache, enum dns_type type, struct span name, int64_t now,
                struct dns_answer *answer_r);
/* Keeps a copy of what was found, or is not there, for its time to live. */
void cache_put(struct cache *cache, const struct dns_answer *answer, int64_t now);
#endif
