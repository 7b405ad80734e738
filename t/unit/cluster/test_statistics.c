/* Counting of a node: by hour, over restarts, into and out of a cluster, with a database that fails. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/statistics.h"
#include "policyd/cluster/statistics_hours.h"
#include "policyd/cluster/statistics_notice.h"
#include "store/statistics_store.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define ID    "00112233445566aa"
#define START 1795305600000 /* 2026-11-22T00:00:00Z */

static char dir[200];
static struct policy_db *db;
static struct err err;
static const char *_Atomic own_id = "";

/* In place of identity.c. */
bool identity_get(struct identity *identity_r)
{
    *identity_r = (struct identity){.number = 1};
    snprintf(identity_r->id, sizeof(identity_r->id), "%s", atomic_load(&own_id));
    return identity_r->id[0] != '\0';
}

static void open_db(void)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    ck_assert_int_eq(statistics_begin(db, &err), 0);
}

static void close_db(void)
{
    statistics_end();
    policy_db_close(&db);
}

static void begin(void)
{
    set_clock(START);
    ck_assert_ptr_nonnull(temp_dir_make(dir));
    open_db();
}

static void end(void)
{
    close_db();
    temp_dir_remove(dir);
}

static void tell(const char *text)
{
    json_t *notice = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(notice);
    statistics_notice(notice);
    json_decref(notice);
}

static void message_at(int64_t time_ms)
{
    char text[200];

    snprintf(text, sizeof(text),
             "{\"what\":\"message\",\"time\":%lld,\"verdict\":\"deliver\",\"domains\":[\"a."
             "example\"]}",
             (long long)time_ms);
    tell(text);
}

static bool take(void *out, int64_t hour, const char *node, struct span text)
{
    struct counts *counts = counts_new();

    ck_assert_int_eq(counts_read(counts, text, COUNTS_ALL, &err), 0);
    str_printf(out, "%lld%s%s:%llu ", (long long)(hour - START / STATISTICS_HOUR_MS),
               node[0] != '\0' ? " " : "", node,
               (unsigned long long)counts->total.of[MEASURE_MESSAGES]);
    counts_free(&counts);
    return true;
}

static void expect(const char *want)
{
    int64_t hour = START / STATISTICS_HOUR_MS;
    struct str out = STR_EMPTY;

    ck_assert_int_eq(statistics_each(hour - 200, hour + 200, take, &out, &err), 0);
    ck_assert_str_eq(str_cstr(&out), want);
    str_clear(&out);
}

START_TEST(test_hours)
{
    begin();
    message_at(START);
    message_at(START);
    set_clock(START + STATISTICS_HOUR_MS);
    message_at(START + STATISTICS_HOUR_MS);
    message_at(START);                           /* told late */
    message_at(START + 10 * STATISTICS_HOUR_MS); /* a clock that is wrong: now */
    message_at(0);
    expect("0:3 1:3 ");
    end();
}
END_TEST

START_TEST(test_goes_on_after_restart)
{
    begin();
    message_at(START);
    close_db();
    open_db();
    message_at(START);
    expect("0:2 ");
    close_db();
    open_db();
    expect("0:2 ");
    end();
}
END_TEST

/* What a node counted alone goes with it into the cluster; after it has left it counts for itself, and begins anew under its next id. */
START_TEST(test_into_cluster)
{
    begin();
    message_at(START);
    set_clock(START + STATISTICS_HOUR_MS);
    message_at(START + STATISTICS_HOUR_MS);
    own_id = ID;
    message_at(START + STATISTICS_HOUR_MS);
    expect("0 " ID ":1 1 " ID ":2 ");
    own_id = "";
    message_at(START + STATISTICS_HOUR_MS);
    expect("0 " ID ":1 1:1 1 " ID ":2 ");
    own_id = "ffffffffffffffff";
    message_at(START + STATISTICS_HOUR_MS);
    expect("0 " ID ":1 1 " ID ":2 1 ffffffffffffffff:2 ");
    close_db();
    open_db();
    expect("0 " ID ":1 1 " ID ":2 1 ffffffffffffffff:2 ");
    end();
}
END_TEST

START_TEST(test_many_hours)
{
    begin();
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 20; i++) { /* more than are kept at hand */
            message_at(START - i * STATISTICS_HOUR_MS);
            if (i % 3 == 0)
                statistics_write();
        }
    for (int i = 0; i < 20; i++) {
        struct statistics_row row = {.hour = START / STATISTICS_HOUR_MS - i};
        struct counts *counts = counts_new();
        struct str text = STR_EMPTY;
        statistics_write();
        ck_assert_int_eq(statistics_store_get(db, &row, &text, &err), 1);
        ck_assert_int_eq(counts_read(counts, str_span(&text), COUNTS_ALL, &err), 0);
        ck_assert_uint_eq(counts->total.of[MEASURE_MESSAGES], 3);
        counts_free(&counts);
        str_clear(&text);
    }
    end();
}
END_TEST

START_TEST(test_notices)
{
    static const char *const ignored[] = {"{\"what\":\"quarantine\",\"id\":\"x\"}",
                                          "{\"what\":\"moon\"}",
                                          "{\"what\":\"message\",\"path\":\"release\"}",
                                          "{\"what\":\"message\",\"part\":1,\"charges\":[]}",
                                          "{\"what\":\"refused\",\"part\":2}"};

    begin();
    for (size_t i = 0; i < COUNT_OF(ignored); i++)
        tell(ignored[i]);
    expect("");
    tell("{\"what\":\"message\",\"part\":0,\"verdict\":7,\"reasons\":\"x\",\"domains\":[1,null]"
         ",\"bytes\":\"y\","
         "\"recipients\":-4,\"latency_us\":1.5}");
    expect("0:1 ");
    tell("{\"what\":\"message\",\"part\":1,\"verdict\":\"deliver\",\"domains\":[\"b.example\"]"
         "}");
    expect("0:1 ");
    end();
}
END_TEST

/* The hour of a month ago loses its light names, nothing else; the one of yesterday stays whole. */
START_TEST(test_thin)
{
    struct str text = STR_EMPTY, before = STR_EMPTY, after = STR_EMPTY;
    struct counts *counts = counts_new();

    str_adds(&text, "{\"total\":[300],\"by\":{\"sender\":{");
    for (int i = 0; i < 150; i++)
        str_printf(&text, "%s\"a-rather-long-name-of-somebody%d@somewhere.example\":[2]",
                   i > 0 ? "," : "", i);
    str_adds(&text, "}}}");
    begin();
    for (int days = 1; days <= 40; days += 39) {
        struct statistics_row row = {.hour = START / STATISTICS_HOUR_MS - days * 24};
        ck_assert_int_eq(statistics_store_put(db, &row, str_span(&text), &err), 0);
    }
    hours_keep_house(START / STATISTICS_HOUR_MS - 400 * 24,
                     START / STATISTICS_HOUR_MS - 31 * 24);
    for (int days = 1; days <= 40; days += 39) {
        struct statistics_row row = {.hour = START / STATISTICS_HOUR_MS - days * 24};
        ck_assert_int_eq(statistics_store_get(db, &row, days == 1 ? &before : &after, &err), 1);
    }
    ck_assert_uint_gt(before.len, STATISTICS_LARGE);
    ck_assert_uint_lt(after.len, STATISTICS_LARGE);
    ck_assert_int_eq(counts_read(counts, str_span(&after), COUNTS_ALL, &err), 0);
    ck_assert_uint_eq(counts->total.of[MEASURE_MESSAGES], 300);
    ck_assert_uint_eq(counts->by[DIMENSION_SENDER].count, STATISTICS_THIN);
    ck_assert_uint_eq(counts->by[DIMENSION_SENDER].other.of[MEASURE_MESSAGES], 260);
    counts_free(&counts);
    str_clear(&text);
    str_clear(&before);
    str_clear(&after);
    end();
}
END_TEST

START_TEST(test_without_database)
{
    set_clock(START);
    ck_assert_int_eq(statistics_begin(NULL, &err), 0);
    message_at(START);
    message_at(START - STATISTICS_HOUR_MS);
    expect("-1:1 0:1 ");
    statistics_end();
}
END_TEST

SUITE_MAIN("statistics", test_hours, test_goes_on_after_restart, test_into_cluster,
           test_many_hours, test_notices, test_thin, test_without_database)
