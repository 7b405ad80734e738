/* Hours of statistics: versions, what is sent, the walk over them. */
#include <stdio.h>

#include "base/err.h"
#include "store/statistics_store.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define ID "00112233445566aa"

static char dir[200];
static struct policy_db *db;
static struct err err;

static void begin(void)
{
    char path[300];

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    snprintf(path, sizeof(path), "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
}

static void end(void)
{
    policy_db_close(&db);
    temp_dir_remove(dir);
}

static void put(int64_t hour, const char *node, const char *counts)
{
    struct statistics_row row = {.hour = hour};

    snprintf(row.node, sizeof(row.node), "%s", node);
    ck_assert_int_eq(statistics_store_put(db, &row, span_of(counts), &err), 0);
}

static int64_t unsent_after(int64_t hour, int64_t *version_r)
{
    struct statistics_row row = {.hour = hour, .node = ID};
    struct str counts = STR_EMPTY;
    int state = statistics_store_unsent(db, &row, &counts, &err);

    str_clear(&counts);
    *version_r = row.version;
    return state == 1 ? row.hour : -1;
}

START_TEST(test_versions)
{
    struct statistics_row row = {.hour = 10, .node = ID};
    struct str counts = STR_EMPTY;

    begin();
    ck_assert_int_eq(statistics_store_get(db, &row, &counts, &err), 0);
    put(10, ID, "first");
    put(10, ID, "second");
    put(10, "", "alone");
    ck_assert_int_eq(statistics_store_get(db, &row, &counts, &err), 1);
    ck_assert_str_eq(str_cstr(&counts), "second");
    ck_assert_int_eq(row.version, 2);
    str_clear(&counts);
    end();
}
END_TEST

START_TEST(test_sent)
{
    struct statistics_row row = {.hour = 10, .node = ID, .version = 1}, sent[4];
    int64_t version;
    size_t count;

    begin();
    put(10, ID, "a");
    put(11, ID, "b");
    put(9, "", "never sent: counted outside of a cluster");
    ck_assert_int_eq(unsent_after(0, &version), 10);
    put(10, ID, "more"); /* while version 1 is under way */
    ck_assert_int_eq(statistics_store_sent(db, &row, &err), 0);
    ck_assert_int_eq(unsent_after(0, &version), 10);
    ck_assert_int_eq(version, 2);
    row.version = 2;
    ck_assert_int_eq(statistics_store_sent(db, &row, &err), 0);
    ck_assert_int_eq(unsent_after(0, &version), 11);
    ck_assert_int_eq(unsent_after(11, &version), -1);
    row.hour = 0;
    ck_assert_int_eq(statistics_store_list_sent(db, &row, sent, 4, &count, &err), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(sent[0].hour, 10);
    ck_assert_int_eq(sent[0].version, 2);
    ck_assert_int_eq(statistics_store_lost(db, &sent[0], &err), 0);
    ck_assert_int_eq(unsent_after(0, &version), 10);
    end();
}
END_TEST

START_TEST(test_walk_and_expire)
{
    struct statistics_row row = {.hour = 9, .node = "~"};
    struct str seen = STR_EMPTY;

    begin();
    put(9, ID, "9 ");
    put(10, ID, "10b ");
    put(10, "", "10a ");
    put(12, ID, "12 ");
    put(13, ID, "13 ");
    while (statistics_store_next(db, &row, 12, &seen, &err) == 1)
        ;
    ck_assert_str_eq(str_cstr(&seen), "10a 10b 12 ");
    str_reset(&seen);
    ck_assert_int_eq(statistics_store_expire(db, 12, &err), 0);
    row = (struct statistics_row){.hour = 0, .node = "~"};
    while (statistics_store_next(db, &row, 100, &seen, &err) == 1)
        ;
    ck_assert_str_eq(str_cstr(&seen), "12 13 ");
    str_clear(&seen);
    end();
}
END_TEST

START_TEST(test_adopt)
{
    struct statistics_row row = {.node = ID};
    struct str seen = STR_EMPTY;
    int64_t version;

    begin();
    put(9, "", "alone ");
    put(10, "", "not again ");
    put(10, ID, "already ");
    ck_assert_int_eq(statistics_store_adopt(db, &row, &err), 0);
    ck_assert_int_eq(unsent_after(0, &version), 9);
    row.hour = 0;
    ck_assert_int_eq(statistics_store_unsent(db, &row, &seen, &err), 1);
    ck_assert_int_eq(statistics_store_unsent(db, &row, &seen, &err), 1);
    ck_assert_int_eq(statistics_store_unsent(db, &row, &seen, &err), 0);
    ck_assert_str_eq(str_cstr(&seen), "alone already ");
    str_clear(&seen);
    end();
}
END_TEST

SUITE_MAIN("statistics_store", test_versions, test_sent, test_walk_and_expire, test_adopt)
