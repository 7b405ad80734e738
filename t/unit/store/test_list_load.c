/* A large list replaced in short turns: what is there afterwards, what others see meanwhile, and what a crash left. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "store/list_items.h"
#include "store/policy_db_inside.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define MANY (2 * LIST_CHANGES_MAX)

static char dir[200];
static struct policy_db *db;
static struct err err;
static struct span items[MANY];

static void begin(void)
{
    char path[300];

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    snprintf(path, sizeof path, "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_ptr_nonnull(db);
    for (size_t i = 0; i < MANY; i++) {
        char text[20];

        snprintf(text, sizeof text, "i%06zu", (i * 7919) % MANY); /* in no order */
        items[i] = span_of(xstrdup(text));
    }
    ck_assert_int_eq(list_items_create(db, SPAN("a"), LIST_STRING, &err), 1);
    ck_assert_int_eq(list_items_create(db, SPAN("b"), LIST_STRING, &err), 1);
}

static void end(void)
{
    for (size_t i = 0; i < MANY; i++)
        free((void *)(uintptr_t)items[i].ptr);
    policy_db_close(&db);
    temp_dir_remove(dir);
}

static size_t count(const char *name)
{
    struct arena *arena = arena_new();
    struct stored_list list = {.count = 0};
    struct span *there;

    ck_assert_msg(list_items_read(db, span_of(name), arena, &there, &list, &err) == 1, "%s",
                  err.text);
    for (size_t i = 1; i < list.count; i++)
        ck_assert_int_lt(span_compare(there[i - 1], there[i]), 0);
    arena_free(&arena);
    return list.count;
}

static void load(const char *name, size_t from, size_t how_many)
{
    ck_assert_msg(list_items_load(db, span_of(name), items + from, how_many, &err) == 0, "%s",
                  err.text);
}

static int64_t rows(void)
{
    int64_t number = 0;

    ck_assert_int_eq(
        sql_number(policy_db_lock(db), "SELECT count(*) FROM list_item", 0, &number, &err), 1);
    policy_db_unlock(db);
    return number;
}

START_TEST(test_loaded)
{
    struct stored_list list;

    begin();
    load("b", 0, 10);
    load("a", 0, MANY);
    ck_assert_uint_eq(count("a"), MANY);
    ck_assert_uint_eq(count("b"), 10);
    ck_assert_int_eq(list_items_find(db, SPAN("a"), &list, &err), 1);
    ck_assert(list.is_image_due);
    ck_assert_uint_gt(list.generation, list.image_generation);
    load("a", MANY / 2 + 10, MANY / 2 - 10); /* much of it goes */
    ck_assert_uint_eq(count("a"), MANY / 2 - 10);
    ck_assert_int_eq(rows(), MANY / 2); /* and nothing is left over */
    end();
}
END_TEST

/* Little differs: the log of changes is kept, and an overlay tells them. */
START_TEST(test_little_differs)
{
    struct arena *arena = arena_new();
    struct list_change *changes;
    struct stored_list list;
    size_t changed;

    begin();
    load("a", 0, MANY);
    ck_assert_int_eq(list_items_find(db, SPAN("a"), &list, &err), 1);
    ck_assert_int_eq(list_items_image_made(db, SPAN("a"), list.generation, &err), 0);
    load("a", 3, MANY - 3);
    ck_assert_int_eq(list_items_changes(db, SPAN("a"), arena, &changes, &changed, &list, &err),
                     1);
    ck_assert_uint_eq(changed, 3);
    load("a", 3, MANY - 3); /* the same again changes nothing */
    ck_assert_uint_eq(list.generation, list.image_generation + 3);
    arena_free(&arena);
    end();
}
END_TEST

/* Rows of no list, as a load that was interrupted leaves them: gone with the next. */
START_TEST(test_after_a_crash)
{
    struct sql *sql;

    begin();
    sql = policy_db_lock(db);
    ck_assert_int_eq(
        sql_run(sql, "INSERT INTO list_item VALUES (99999, 'x'), (99999, 'y')", &err), 0);
    policy_db_unlock(db);
    load("a", 0, MANY);
    ck_assert_int_eq(rows(), MANY);
    ck_assert_uint_eq(count("a"), MANY);
    end();
}
END_TEST

START_TEST(test_refused)
{
    const struct span bad[] = {SPAN("fine"), SPAN("not\nfine")};

    begin();
    ck_assert_int_eq(list_items_load(db, SPAN("a"), bad, 2, &err), -1);
    ck_assert_int_eq(list_items_load(db, SPAN("nowhere"), items, 2, &err), -1);
    ck_assert_uint_eq(count("a"), 0);
    end();
}
END_TEST

static atomic_bool is_over;
static atomic_size_t seen_between;

/* Never anything but the whole list before or the whole list after. */
static void *watch(void *unused)
{
    while (!atomic_load(&is_over)) {
        struct stored_list list;

        if (list_items_find(db, SPAN("a"), &list, NULL) == 1 && list.count != MANY &&
            list.count != 10)
            atomic_fetch_add(&seen_between, 1);
        sched_yield();
    }
    return unused;
}

START_TEST(test_all_or_nothing_for_readers)
{
    pthread_t thread;

    begin();
    load("a", 0, 10);
    ck_assert_int_eq(pthread_create(&thread, NULL, watch, NULL), 0);
    load("a", 0, MANY);
    atomic_store(&is_over, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(atomic_load(&seen_between), 0);
    end();
}
END_TEST

SUITE_MAIN("list_load", test_loaded, test_little_differs, test_after_a_crash, test_refused,
           test_all_or_nothing_for_readers)
