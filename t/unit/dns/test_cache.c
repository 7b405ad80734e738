/* Answers kept for their time, found as they were, bounded in bytes. */
#include <stdio.h>
#include "dns/cache.h"
#include "t/lib/suite.h"

static const struct span texts[] = {SPAN("one"), SPAN(""), SPAN("three")};

static void put(struct cache *cache, const char *name, uint32_t ttl, int64_t now)
{
    const struct dns_answer answer = {.type = DNS_TXT,
                                      .status = DNS_FOUND,
                                      .is_secure = true,
                                      .ttl = ttl,
                                      .name = span_of(name),
                                      .count = 3,
                                      .records = texts};

    cache_put(cache, &answer, now);
}

static bool has(struct cache *cache, const char *name, int64_t now)
{
    struct dns_answer answer;

    return cache_find(cache, DNS_TXT, span_of(name), now, &answer);
}

START_TEST(test_time)
{
    struct cache *cache = cache_new(100000);
    struct dns_answer answer = {.type = DNS_A, .status = DNS_NONE, .name = SPAN("b.example")};

    put(cache, "a.example", 10, 5000);
    ck_assert(cache_find(cache, DNS_TXT, SPAN("a.example"), 6500, &answer));
    ck_assert_uint_eq(answer.ttl, 9);
    ck_assert_uint_eq(answer.count, 3);
    ck_assert(answer.is_secure && span_is(answer.name, "a.example"));
    for (size_t i = 0; i < 3; i++)
        ck_assert(span_equal(answer.records[i], texts[i]));
    ck_assert(!cache_find(cache, DNS_A, SPAN("a.example"), 6500, &answer));
    ck_assert(has(cache, "a.example", 14999));
    ck_assert(!has(cache, "a.example", 15000));
    ck_assert(!has(cache, "a.example", 6500)); /* it is gone */
    put(cache, "zero.example", 0, 5000);
    ck_assert(!has(cache, "zero.example", 5000));
    answer = (struct dns_answer){
        .type = DNS_A, .status = DNS_NONE, .is_nxdomain = true, .ttl = 5, .name = SPAN("b")};
    cache_put(cache, &answer, 0);
    ck_assert(cache_find(cache, DNS_A, SPAN("b"), 1, &answer));
    ck_assert(answer.is_nxdomain && answer.status == DNS_NONE && answer.count == 0);
    answer.status = DNS_FAILED; /* what fails now is not known any more */
    cache_put(cache, &answer, 0);
    ck_assert(!cache_find(cache, DNS_A, SPAN("b"), 1, &answer));
    put(cache, "c", 100, 0);
    cache_clear(cache);
    ck_assert(!has(cache, "c", 1));
    cache_free(&cache);
}
END_TEST

START_TEST(test_bound)
{
    struct cache *cache = cache_new(20000);
    char name[40];
    size_t kept = 0;

    put(cache, "used.example", 1000, 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "%d.example", i);
        put(cache, name, 1000, 0);
        ck_assert(has(cache, name, 1));
        ck_assert(has(cache, "used.example", 1)); /* stays because it is */
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "%d.example", i);
        kept += has(cache, name, 1);
    }
    ck_assert_uint_ge(kept, 20);
    ck_assert_uint_le(kept, 200);
    ck_assert(has(cache, "999.example", 1) && !has(cache, "0.example", 1));
    cache_free(&cache);
}
END_TEST

SUITE_MAIN("dns cache", test_time, test_bound)
