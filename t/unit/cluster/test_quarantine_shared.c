/* The shared index as Redis may hold it: pages that are none, ids that are none, rows too long, and more than was asked for. */
#include <stdarg.h>
#include <stdio.h>
#include "base/xalloc.h"
#include "conf/settings.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/quarantine_rows.h"
#include "policyd/cluster/quarantine_shared.h"
#include "t/lib/suite.h"

#define NODE "aaaaaaaaaaaaaaaa"

static redisReply *next; /* what Redis says */
static char asked[4096];

const struct settings *cluster_settings(void)
{
    static const struct settings settings = {.redis_timeout = 1000};

    return &settings;
}

struct redis *cluster_redis(void)
{
    return NULL;
}

void cluster_key(struct str *out, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    str_adds(out, text);
}

redisReply *redis_ask(struct redis *redis, const struct redis_command *command, struct err *err)
{
    struct str text = STR_EMPTY;

    (void)redis, (void)err;
    for (size_t i = 0; i < command->argc; i++)
        str_printf(&text, "%.*s ", SPAN_ARG(command->argv[i]));
    snprintf(asked, sizeof asked, "%s", str_cstr(&text));
    str_clear(&text);
    return next;
}

redisReply *redis_askf(struct redis *redis, int timeout_ms, struct err *err, const char *format,
                       ...)
{
    (void)redis, (void)timeout_ms, (void)err, (void)format;
    return next;
}

static redisReply *reply(const char *wire, size_t len)
{
    redisReader *reader = redisReaderCreate();
    void *got = NULL;

    redisReaderFeed(reader, wire, len);
    ck_assert_int_eq(redisReaderGetReply(reader, &got), REDIS_OK);
    ck_assert_ptr_nonnull(got);
    redisReaderFree(reader);
    return got;
}

static redisReply *array_of(const char *one, size_t count)
{
    struct str text = STR_EMPTY;
    redisReply *got;

    str_printf(&text, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        str_printf(&text, "$%zu\r\n%s\r\n", strlen(one), one);
    got = reply(text.ptr, text.len);
    str_clear(&text);
    return got;
}

static const struct {
    const char *name, *wire;
    int want;
    size_t count;
    const char *last;
} pages[] = {
    {"nothing", "*2\r\n*0\r\n*0\r\n", 0, 0, ""},
    {"one", "*2\r\n*1\r\n$21\r\n20261122-0000000fffff\r\n*1\r\n$3\r\nrow\r\n", 0, 1, ""},
    {"an id that is none", "*2\r\n*1\r\n$3\r\nxyz\r\n*1\r\n$3\r\nrow\r\n", 0, 0, ""},
    {"an id without a row", "*2\r\n*1\r\n$21\r\n20261122-0000000fffff\r\n*1\r\n$-1\r\n", 0, 0,
     ""},
    {"an id that is a number", "*2\r\n*1\r\n:5\r\n*1\r\n$3\r\nrow\r\n", 0, 0, ""},
    {"fewer rows than ids", "*2\r\n*1\r\n$21\r\n20261122-0000000fffff\r\n*0\r\n", -1, 0, ""},
    {"no arrays", "*2\r\n:1\r\n:2\r\n", -1, 0, ""},
    {"three parts", "*3\r\n*0\r\n*0\r\n*0\r\n", -1, 0, ""},
    {"a status", "+OK\r\n", -1, 0, ""},
};

START_TEST(test_pages)
{
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        struct shared_rows *rows = xcalloc(1, sizeof *rows);
        char last[QUARANTINE_ID_SIZE];
        int got;

        next = reply(pages[i].wire, strlen(pages[i].wire));
        got = quarantine_shared_page(NODE, "", rows, last, NULL);
        ck_assert_msg(got == pages[i].want && rows->count == pages[i].count &&
                          strcmp(last, pages[i].last) == 0,
                      "%s: %d, %zu rows", pages[i].name, got, rows->count);
        shared_rows_clear(rows);
        xfree(&rows);
    }
}
END_TEST

START_TEST(test_where_to_go_on)
{
    struct shared_rows *rows = xcalloc(1, sizeof *rows);
    char last[QUARANTINE_ID_SIZE];

    next = reply("+OK\r\n", 5);
    quarantine_shared_page(NODE, "20261122-0000000fffff", rows, last, NULL);
    ck_assert_str_eq(asked, "2 quarantine:" NODE " quarantine:" NODE
                            ":ids (20261122-0000000fffff 100 25 8192 ");
    next = NULL;
    ck_assert_int_eq(quarantine_shared_page(NODE, "", rows, last, NULL), -1);
    xfree(&rows);
}
END_TEST

START_TEST(test_more_than_asked_for)
{
    const struct shared_range range = {"", "", 3};
    struct shared_id *ids;
    size_t count;

    next = array_of("20261122-0000000fffff", 5);
    ck_assert_int_eq(quarantine_shared_ids(NODE, &range, &ids, &count, NULL), 0);
    ck_assert_uint_eq(count, 3);
    xfree(&ids);
    next = array_of("no id", 2);
    ck_assert_int_eq(quarantine_shared_ids(NODE, &range, &ids, &count, NULL), 0);
    ck_assert_uint_eq(count, 0);
    xfree(&ids);
    next = NULL;
    ck_assert_int_eq(quarantine_shared_ids(NODE, &range, &ids, &count, NULL), -1);
}
END_TEST

START_TEST(test_many_are_removed_at_once)
{
    static struct shared_id ids[QUARANTINE_SHARED_PAGE + 1] = {{"20261122-0000000fffff"},
                                                               {"20261122-0000000ffffe"}};
    struct err err;

    asked[0] = '\0';
    next = NULL;
    ck_assert_int_eq(quarantine_shared_remove(NODE, ids, 0, &err), 0);
    ck_assert_int_eq(quarantine_shared_remove(NODE, ids, QUARANTINE_SHARED_PAGE + 1, &err), -1);
    ck_assert_str_eq(asked, "");
    next = reply(":1\r\n", 4);
    ck_assert_int_eq(quarantine_shared_remove(NODE, ids, 2, &err), 0);
    ck_assert_str_eq(asked, "2 quarantine:" NODE " quarantine:" NODE
                            ":ids 20261122-0000000fffff 20261122-0000000ffffe ");
    next = NULL;
    ck_assert_int_eq(quarantine_shared_remove(NODE, ids, QUARANTINE_SHARED_PAGE, &err), -1);
}
END_TEST

START_TEST(test_find)
{
    struct node_seen *nodes = xcalloc(2, sizeof *nodes);
    struct str rows[2] = {STR_EMPTY, STR_EMPTY};
    static char large[QUARANTINE_ROW_MAX + 2];

    snprintf(nodes[0].member.id, NODE_ID_SIZE, "%s", NODE);
    snprintf(nodes[1].member.id, NODE_ID_SIZE, "%s", "bbbbbbbbbbbbbbbb");
    next = array_of("row", 5);
    ck_assert_int_eq(quarantine_shared_find(nodes, 2, "x", rows, NULL), 0);
    ck_assert(span_is(str_span(&rows[0]), "row") && span_is(str_span(&rows[1]), "row"));
    ck_assert_str_eq(asked, "2 quarantine:" NODE " quarantine:bbbbbbbbbbbbbbbb x 8192 ");
    str_clear(&rows[0]);
    str_clear(&rows[1]);
    memset(large, 'x', sizeof large - 1);
    next = array_of(large, 2);
    ck_assert_int_eq(quarantine_shared_find(nodes, 2, "x", rows, NULL), 0);
    ck_assert_uint_eq(rows[0].len + rows[1].len, 0);
    xfree(&nodes);
}
END_TEST

SUITE_MAIN("cluster/quarantine_shared", test_pages, test_where_to_go_on,
           test_more_than_asked_for, test_many_are_removed_at_once, test_find)
