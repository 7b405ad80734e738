/* test_redis_parts.c - replies bounded, failures counted, and where Redis is. */
#include <stdio.h>
#include "policyd/cluster/redis_breaker.h"
#include "policyd/cluster/redis_reader.h"
#include "policyd/cluster/redis_where.h"
#include "t/lib/suite.h"

static struct err err;

static int read_all(struct redis_reader *reader, const char *bytes, size_t len, size_t step)
{
    redisReply *reply;
    int count = 0, state;

    for (size_t at = 0; at < len; at += step) {
        size_t piece = len - at < step ? len - at : step;
        if (redis_reader_feed(reader, span_from(bytes + at, piece), &err) != 0)
            return -1;
        while ((state = redis_reader_next(reader, &reply, &err)) == 1) {
            freeReplyObject(reply);
            count++;
        }
        if (state < 0)
            return -1;
    }
    return count;
}

static const struct {
    const char *name, *bytes, *error; /* NULL: as many replies as `count` */
    int count;
} replies[] = {
    {"each kind", "+OK\r\n:1\r\n$2\r\nab\r\n$-1\r\n-ERR x\r\n*2\r\n:1\r\n*1\r\n+a\r\n", NULL,
     6},
    {"not whole", "*2\r\n:1\r\n", NULL, 0},
    {"an announced array of too many", "*2147483647\r\n",
     "a reply of more than 1000000 elements", 0},
    {"too many over the levels", "*600000\r\n*600000\r\n",
     "a reply of more than 1000000 elements", 0},
    {"more than an int", "*4294967297\r\n",
     "not Redis' protocol: Multi-bulk length out of range", 0},
    {"nested too deeply", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
     "not Redis' protocol: No support for nested multi bulk replies with depth > 7", 0},
    {"another protocol", "HTTP/1.1 400 Bad Request\r\n",
     "not Redis' protocol: Protocol error, got \"H\" as reply type byte", 0},
    {"a negative length", "$-5\r\n", "not Redis' protocol: Bulk string length out of range", 0},
};

START_TEST(test_replies)
{
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        for (size_t step = 1; step < 100; step += 49) {
            struct redis_reader *reader = redis_reader_new();
            int count = read_all(reader, replies[i].bytes, strlen(replies[i].bytes), step);
            ck_assert_msg(count == (replies[i].error != NULL ? -1 : replies[i].count), "%s: %d",
                          replies[i].name, count);
            if (replies[i].error != NULL)
                ck_assert_msg(strcmp(err.text, replies[i].error) == 0, "%s: %s",
                              replies[i].name, err.text);
            redis_reader_free(&reader);
        }
    }
}
END_TEST

static int feed_endless(const char *head, char fill, size_t most)
{
    struct redis_reader *reader = redis_reader_new();
    char chunk[16384];
    int state = read_all(reader, head, strlen(head), 1);

    memset(chunk, fill, sizeof chunk);
    for (size_t at = 0; at < most && state >= 0; at += sizeof chunk)
        state = read_all(reader, chunk, sizeof chunk, sizeof chunk);
    redis_reader_free(&reader);
    return state;
}

START_TEST(test_endless)
{
    ck_assert_int_eq(feed_endless("+", 'a', 1024 * 1024), -1);
    ck_assert_str_eq(err.text, "a line of more than 65536 bytes");
    ck_assert_int_eq(feed_endless(":", '\r', 1024 * 1024), -1);
    ck_assert_str_eq(err.text, "a line of more than 65536 bytes");
    ck_assert_int_eq(feed_endless("$", '1', 1024 * 1024), -1);
    ck_assert_str_eq(err.text, "a line of more than 65536 bytes");
    ck_assert_int_eq(feed_endless("$2000000000\r\n", 'a', 128 * 1024 * 1024), -1);
    ck_assert_str_eq(err.text, "a reply of more than 67108864 bytes");
    ck_assert_int_eq(feed_endless("$50000000\r\n", 'a', 49 * 1024 * 1024 / 2), 0);
}
END_TEST

/* What fails together counts once. */
START_TEST(test_breaker)
{
    struct redis_breaker breaker = {0};

    ck_assert(!redis_breaker_failure(&breaker, 0, 20));
    for (int64_t begun = 1; begun < 20; begun++)
        ck_assert(!redis_breaker_failure(&breaker, begun, 20 + begun));
    ck_assert(!redis_breaker_failure(&breaker, 20, 40));
    ck_assert(redis_breaker_failure(&breaker, 40, 60));
    ck_assert(redis_breaker_is_open(&breaker));
    redis_breaker_success(&breaker);
    ck_assert(!redis_breaker_is_open(&breaker));
}
END_TEST

START_TEST(test_pauses)
{
    static const int64_t means[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    struct redis_breaker breaker = {0};

    ck_assert_int_le(redis_breaker_pause(&breaker, UINT32_MAX), 125);
    for (int i = 0; i < REDIS_BREAKER_FAILURES; i++)
        redis_breaker_failure(&breaker, i, i);
    for (size_t i = 0; i < COUNT_OF(means); i++) {
        int64_t pause = redis_breaker_pause(&breaker, (uint32_t)i * 2654435761u);
        ck_assert_int_ge(pause, means[i] * 3 / 4);
        ck_assert_int_le(pause, means[i] * 5 / 4);
    }
    redis_breaker_success(&breaker);
    for (int i = 0; i < REDIS_BREAKER_FAILURES; i++)
        redis_breaker_failure(&breaker, i, i);
    ck_assert_int_le(redis_breaker_pause(&breaker, 0), 1250); /* from the beginning */
}
END_TEST

static void expect_where(const char *text, enum redis_where_kind kind, const char *first,
                         size_t count)
{
    struct str out = STR_EMPTY;
    struct redis_where where;

    ck_assert_msg(redis_where_parse(text, &where, &err) == 0, "%s: %s", text, err.text);
    ck_assert_int_eq(where.kind, kind);
    ck_assert_uint_eq(where.count, count);
    redis_where_text(&where.each[0], &out);
    ck_assert_str_eq(str_cstr(&out), first);
    str_clear(&out);
}

START_TEST(test_where)
{
    struct redis_where where;

    expect_where("unix:/run/redis/redis.sock", REDIS_WHERE_UNIX, "unix:/run/redis/redis.sock",
                 1);
    expect_where("inet:redis.example:6379", REDIS_WHERE_INET, "inet:redis.example:6379", 1);
    expect_where("inet:[2001:db8::1]:6379", REDIS_WHERE_INET, "inet:[2001:db8::1]:6379", 1);
    expect_where("sentinel:gate@a.example:1, b.example:2,192.0.2.1:3", REDIS_WHERE_SENTINEL,
                 "inet:a.example:1", 3);
    ck_assert_int_eq(redis_where_parse("sentinel:a:1", &where, &err), -1);
    ck_assert_int_eq(redis_where_parse("sentinel:gate@", &where, &err), -1);
    ck_assert_int_eq(redis_where_parse("redis.example", &where, &err), -1);
}
END_TEST

SUITE_MAIN("redis parts", test_replies, test_endless, test_breaker, test_pauses, test_where)
