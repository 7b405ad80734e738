/* Copies of another node's messages: kept under its id, never held here, released on demand alone, dropped by its holder's word. */
#include "t/lib/quarantine_samples.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define ID     "20261122-0000001abcdef012"
#define HOLDER "aaaaaaaaaaaaaaaa"

static struct quarantine *q;

/* The entry as its holder has it: from a message put there. */
static struct quarantine_entry held(struct arena *arena)
{
    struct quarantine_entry entry;
    char id[QUARANTINE_ID_SIZE];

    sample_put(q, id);
    ck_assert_int_eq(quarantine_read(q, span_of(id), arena, &entry, NULL), 1);
    snprintf(entry.id, sizeof entry.id, "%s", ID);
    entry.holder = SPAN(HOLDER);
    return entry;
}

static enum quarantine_put put_copy(const struct quarantine_entry *entry, const char *bytes)
{
    int fd = sample_memfd(bytes, strlen(bytes));
    enum quarantine_put result = quarantine_put_copy(q, entry, fd, NULL);

    close(fd);
    return result;
}

static void begin(const char *dir, struct arena *arena, struct quarantine_entry *entry)
{
    char path[400];

    snprintf(path, sizeof path, "%s/milter.db", dir);
    q = sample_open(dir, path, 1 << 20);
    *entry = held(arena);
    ck_assert_int_eq(put_copy(entry, SAMPLE_MESSAGE), QUARANTINE_STORED);
}

START_TEST(test_kept_and_dropped)
{
    struct arena *arena = arena_new();
    char dir[200];
    struct quarantine_entry entry, back;

    begin(temp_dir_make(dir), arena, &entry);
    ck_assert_int_eq(sample_state(q, ID), QUARANTINE_COPY);
    sample_check_message(q, ID);
    ck_assert_int_eq(quarantine_read(q, SPAN(ID), arena, &back, NULL), 1);
    ck_assert(span_is(back.holder, HOLDER) && back.time_ms == entry.time_ms);
    ck_assert_int_eq(put_copy(&entry, SAMPLE_MESSAGE),
                     QUARANTINE_STORED); /* again: as it was */
    ck_assert_uint_eq(sample_count(q, QUARANTINE_COPY), 1);
    ck_assert_int_eq(quarantine_drop_copy(q, ID, SPAN("bbbbbbbbbbbbbbbb"), NULL), 0);
    ck_assert_int_eq(quarantine_drop_copy(q, ID, SPAN(HOLDER), NULL), 1);
    ck_assert_int_eq(sample_state(q, ID), 0);
    ck_assert_uint_eq(sample_count(q, QUARANTINE_COPY), 0);
    quarantine_close(&q);
    arena_free(&arena);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_other_bytes)
{
    struct arena *arena = arena_new();
    char dir[200];
    struct quarantine_entry entry;

    begin(temp_dir_make(dir), arena, &entry);
    snprintf(entry.id, sizeof entry.id, "%s", "20261122-0000001abcdef013");
    ck_assert_int_eq(put_copy(&entry, "another message"), QUARANTINE_FAILED);
    entry.holder = SPAN("");
    ck_assert_int_eq(put_copy(&entry, SAMPLE_MESSAGE), QUARANTINE_FAILED);
    quarantine_close(&q);
    arena_free(&arena);
    temp_dir_remove(dir);
}
END_TEST

/* A release that fails, and one that a crash cuts off, leave a copy and no message held here. */
START_TEST(test_claims)
{
    struct arena *arena = arena_new();
    char dir[200], path[400];
    struct quarantine_entry entry;

    begin(temp_dir_make(dir), arena, &entry);
    ck_assert_int_eq(quarantine_claim(q, ID, NULL), 0);
    ck_assert_int_eq(quarantine_claim_copy(q, ID, NULL), 1);
    ck_assert_int_eq(quarantine_claim_copy(q, ID, NULL), 0);
    ck_assert_int_eq(quarantine_drop_copy(q, ID, SPAN(HOLDER), NULL), 0); /* under way */
    ck_assert_int_eq(quarantine_settle(q, ID, QUARANTINE_HELD, "refused", NULL), 1);
    ck_assert_int_eq(sample_state(q, ID), QUARANTINE_COPY);
    ck_assert_int_eq(quarantine_claim_copy(q, ID, NULL), 1);
    quarantine_close(&q);
    snprintf(path, sizeof path, "%s/milter.db", dir);
    q = sample_open(dir, path, 1 << 20);
    ck_assert_int_eq(sample_state(q, ID), QUARANTINE_COPY);
    ck_assert_int_eq(quarantine_claim_copy(q, ID, NULL), 1);
    ck_assert_int_eq(quarantine_settle(q, ID, QUARANTINE_RELEASED, "250", NULL), 1);
    ck_assert_int_eq(sample_state(q, ID), QUARANTINE_RELEASED);
    quarantine_close(&q);
    arena_free(&arena);
    temp_dir_remove(dir);
}
END_TEST

/* Page by page: each entry once, newest first. */
START_TEST(test_pages)
{
    char dir[200], path[400], id[QUARANTINE_ID_SIZE];

    snprintf(path, sizeof path, "%s/milter.db", temp_dir_make(dir));
    for (int round = 0; round < 2; round++) { /* from the index, and from the files */
        struct arena *arena = arena_new();
        struct quarantine_filter filter = {.limit = 3};
        size_t seen = 0, count;

        q = sample_open(dir, round == 0 ? path : NULL, 1 << 20);
        for (int i = 0; i < 4; i++)
            sample_put(q, id);
        do {
            struct quarantine_entry *list;

            ck_assert_int_eq(quarantine_list(q, &filter, arena, &list, &count, NULL), 0);
            for (size_t i = 0; i < count; i++) {
                ck_assert(filter.before.len == 0 ||
                          span_compare(span_of(list[i].id), filter.before) < 0);
                filter.before = span_of(list[i].id);
            }
            seen += count;
        } while (count > 0);
        ck_assert_uint_eq(seen, 4 * (size_t)(round + 1));
        quarantine_close(&q);
        arena_free(&arena);
    }
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("store/quarantine_copies", test_kept_and_dropped, test_other_bytes, test_claims,
           test_pages)
