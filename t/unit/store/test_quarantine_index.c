/* The index of the quarantine follows the files, whatever happens to it; without it the files are asked. */
#include "t/lib/quarantine_samples.h"

#include "base/file.h"
#include "store/quarantine_index.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define PLENTY 1000000000

static char state[200], dir[300], index_path[300];
static struct err err;

static struct quarantine *begin(void)
{
    temp_dir_make(state);
    snprintf(dir, sizeof(dir), "%s/quarantine", state);
    snprintf(index_path, sizeof(index_path), "%s/milter.db", state);
    return sample_open(dir, index_path, PLENTY);
}

static struct quarantine *reopen(struct quarantine *q)
{
    quarantine_close(&q);
    return sample_open(dir, index_path, PLENTY);
}

static void end(struct quarantine **q)
{
    quarantine_close(q);
    temp_dir_remove(state);
}

/* One held, one deleted, one being released, whether by the index or the files. */
static void put_three(struct quarantine *q, char ids[3][QUARANTINE_ID_SIZE])
{
    ck_assert_int_eq(sample_put_from(q, "192.0.2.1", "0000-0000-0001", ids[0], &err), 0);
    ck_assert_int_eq(sample_put_from(q, "192.0.2.1", "0000-0000-0002", ids[1], &err), 0);
    ck_assert_int_eq(sample_put_from(q, "192.0.2.1", "0000-0000-0003", ids[2], &err), 0);
    ck_assert_int_eq(quarantine_delete(q, ids[1], NULL, &err), 1);
    ck_assert_int_eq(quarantine_claim(q, ids[2], &err), 1);
}

static void expect_three(struct quarantine *q, char ids[3][QUARANTINE_ID_SIZE])
{
    struct quarantine_filter filter = {.limit = 10};
    struct arena *arena = arena_new();
    struct quarantine_entry *list;
    size_t count;

    ck_assert_int_eq(quarantine_list(q, &filter, arena, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 3);
    for (size_t i = 1; i < count; i++)
        ck_assert_int_lt(strcmp(list[i].id, list[i - 1].id), 0);
    ck_assert_uint_eq(list[0].recipient_count, 2);
    filter.state = QUARANTINE_DELETED;
    ck_assert_int_eq(quarantine_list(q, &filter, arena, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(list[0].id, ids[1]);
    ck_assert_int_eq(list[0].state, QUARANTINE_DELETED);
    ck_assert_int_eq(quarantine_read(q, SPAN("0000-0000-0002"), arena, list, &err), 1);
    ck_assert_str_eq(list[0].id, ids[1]);
    ck_assert_int_eq(quarantine_read(q, SPAN("0000-0000-0004"), arena, list, &err), 0);
    filter = (struct quarantine_filter){.since_ms = clock_now_ms() + 60000, .limit = 10};
    ck_assert_int_eq(quarantine_list(q, &filter, arena, &list, &count, &err), 0);
    ck_assert_uint_eq(count, 0);
    arena_free(&arena);
}

START_TEST(test_with_and_without)
{
    char ids[3][QUARANTINE_ID_SIZE];
    struct quarantine *q = begin();

    put_three(q, ids);
    expect_three(q, ids);
    quarantine_close(&q);
    q = sample_open(dir, NULL, PLENTY);
    ck_assert_int_eq(quarantine_claim(q, ids[2], &err), 1); /* put back by the open */
    expect_three(q, ids);
    end(&q);
}
END_TEST

static void spoil_with_garbage(void)
{
    ck_assert_int_eq(
        file_replace(index_path, SPAN("this is no database, not at all\n"), 0600, &err), 0);
}

static void spoil_by_removal(void)
{
    ck_assert_int_eq(unlink(index_path), 0);
}

static void spoil_by_age(void)
{
    /* rows of another time: one of a file that is gone, none of those there are */
    struct quarantine_entry gone = {.id = "20200101-000000000000", .state = QUARANTINE_HELD};
    struct quarantine_index *index = quarantine_index_open(index_path);

    memset(gone.sha256, '0', 64);
    ck_assert_int_eq(quarantine_index_clear(index, &err), 0);
    quarantine_index_put(index, &gone);
    quarantine_index_close(&index);
}

static void (*const spoils[])(void) = {spoil_with_garbage, spoil_by_removal, spoil_by_age};

START_TEST(test_made_anew)
{
    for (size_t i = 0; i < COUNT_OF(spoils); i++) {
        char ids[3][QUARANTINE_ID_SIZE];
        struct quarantine *q = begin();
        struct quarantine_usage usage;

        put_three(q, ids);
        quarantine_close(&q);
        spoils[i]();
        q = sample_open(dir, index_path, PLENTY);
        ck_assert_int_eq(quarantine_claim(q, ids[2], &err), 1);
        expect_three(q, ids);
        quarantine_use(q, &usage);
        ck_assert(!usage.is_index_failing);
        end(&q);
    }
}
END_TEST

START_TEST(test_files_by_hand)
{
    char ids[3][QUARANTINE_ID_SIZE], from[400], to[400];
    struct quarantine *q = begin();

    put_three(q, ids);
    snprintf(from, sizeof(from), "%s/held/%s", dir, ids[0]);
    snprintf(to, sizeof(to), "%s/unknown/%s", dir, ids[0]);
    ck_assert_int_eq(rename(from, to), 0);
    q = reopen(q);
    ck_assert_uint_eq(sample_count(q, QUARANTINE_UNKNOWN), 1);
    ck_assert_int_eq(unlink(to), 0);
    q = reopen(q);
    ck_assert_uint_eq(sample_count(q, 0), 2);
    end(&q);
}
END_TEST

START_TEST(test_reindex)
{
    char ids[3][QUARANTINE_ID_SIZE];
    struct quarantine *q = begin();
    size_t count;

    put_three(q, ids);
    ck_assert_msg(quarantine_reindex(q, &count, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(count, 3);
    expect_three(q, ids);
    end(&q);
}
END_TEST

/* The file is damaged while it is open: mail goes on, the list comes from the files, expiry mends it. */
START_TEST(test_damaged_while_open)
{
    char ids[3][QUARANTINE_ID_SIZE], id[QUARANTINE_ID_SIZE];
    struct quarantine *q = begin();
    struct quarantine_usage usage;
    char wal[320];

    put_three(q, ids);
    snprintf(wal, sizeof(wal), "%s-wal", index_path);
    ck_assert_int_eq(truncate(wal, 0), 0);
    ck_assert_int_eq(truncate(index_path, 1000), 0);
    for (int i = 0; i < 3; i++) {
        sample_put(q, id);
        ck_assert_int_eq(sample_state(q, id), QUARANTINE_HELD);
    }
    ck_assert_uint_eq(sample_count(q, 0), 6);
    ck_assert_int_eq(quarantine_expire(q, NULL, &err), 0);
    ck_assert_int_eq(quarantine_reindex(q, NULL, &err), 0);
    quarantine_use(q, &usage);
    ck_assert(!usage.is_index_failing);
    ck_assert_uint_eq(sample_count(q, 0), 6);
    end(&q);
}
END_TEST

SUITE_MAIN("quarantine_index", test_with_and_without, test_made_anew, test_files_by_hand,
           test_reindex, test_damaged_while_open)
