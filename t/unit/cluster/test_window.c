/* test_window.c - the sliding window: its bounds of error, late and foreign entries; drawers that are full. */
#include <stdio.h>
#include "policyd/cluster/shelf.h"
#include "policyd/cluster/window.h"
#include "t/lib/random.h"
#include "t/lib/suite.h"

#define HOUR INT64_C(3600)
#define NOW  INT64_C(1795305600000)

/* What a window must hold, counted one by one. */
static int64_t within(const int64_t *at, size_t count, int64_t from, int64_t until)
{
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += at[i] > from && at[i] <= until;
    return sum;
}

START_TEST(a_reading_is_within_its_bounds)
{
    static const int64_t windows[] = {1, 7, 60, 3600, 86400, 31 * 86400};
    uint64_t random = 7;

    for (size_t w = 0; w < COUNT_OF(windows); w++) {
        int64_t ms = windows[w] * 1000, now = NOW, at[2000];
        struct str cell = STR_EMPTY;
        for (size_t i = 0; i < COUNT_OF(at); i++) {
            now += (int64_t)random_below(&random, (uint64_t)ms / 100 + 1);
            at[i] = now;
            window_add(&cell, window_part(windows[w], now), window_part(windows[w], now), 1);
            int64_t sum = window_sum(str_span(&cell), window_part(windows[w], now));
            int64_t width = window_width(windows[w]);
            ck_assert_int_ge(sum, within(at, i + 1, now - width * 60, now));
            ck_assert_int_le(sum, within(at, i + 1, now - width * 61, now));
        }
        ck_assert_uint_le(cell.len, WINDOW_ENTRIES * WINDOW_ENTRY_SIZE);
        ck_assert_int_eq(window_sum(str_span(&cell), window_part(windows[w], now + 2 * ms)), 0);
        str_clear(&cell);
    }
}
END_TEST

START_TEST(late_charges_count_when_they_were)
{
    struct str cell = STR_EMPTY;
    int64_t now = window_part(HOUR, NOW);

    window_add(&cell, now, now, 1);
    window_add(&cell, now, now - 30, 2);
    window_add(&cell, now, now - 61, 4); /* over already */
    window_add(&cell, now, now + 1, 8);  /* not yet */
    ck_assert_int_eq(window_sum(str_span(&cell), now), 3);
    ck_assert_int_eq(window_sum(str_span(&cell), now + 31), 1);
    window_add(&cell, now, now, WINDOW_MAX_AMOUNT);
    window_add(&cell, now, now, -5);
    ck_assert_int_eq(window_sum(str_span(&cell), now), WINDOW_MAX_AMOUNT);
    str_clear(&cell);
}
END_TEST

START_TEST(foreign_cells_are_empty)
{
    struct str cell = STR_EMPTY;

    for (size_t len = 1; len < 2000; len++) {
        str_addc(&cell, (char)len);
        if (len % WINDOW_ENTRY_SIZE != 0 || len > WINDOW_ENTRIES * WINDOW_ENTRY_SIZE)
            ck_assert_int_eq(window_sum(str_span(&cell), 1), 0);
        if (len % WINDOW_SEEN_SIZE != 0)
            ck_assert_int_eq(window_count(str_span(&cell), 1, NULL, 0), 0);
    }
    window_add(&cell, 1000, 1000, 1);
    ck_assert_int_eq(window_sum(str_span(&cell), 1000), 1);
    str_clear(&cell);
}
END_TEST

static void member_of(uint8_t member[WINDOW_MEMBER_SIZE], uint64_t n)
{
    memcpy(member, &n, WINDOW_MEMBER_SIZE);
}

START_TEST(distinct_counts_each_member_once)
{
    uint8_t members[2 * WINDOW_MEMBER_SIZE];
    struct str cell = STR_EMPTY;
    int64_t now = window_part(HOUR, NOW);

    for (uint64_t i = 0; i < 10; i++) {
        member_of(members, i % 5);
        ck_assert(window_note(&cell, now, now, members));
    }
    ck_assert_int_eq(window_count(str_span(&cell), now, NULL, 0), 5);
    member_of(members, 3);
    member_of(members + WINDOW_MEMBER_SIZE, 77);
    ck_assert_int_eq(window_count(str_span(&cell), now, members, 2), 6);
    window_note(&cell, now + 40, now + 40, members); /* seen again */
    ck_assert_int_eq(window_count(str_span(&cell), now + 61, NULL, 0), 1);
    str_clear(&cell);
}
END_TEST

START_TEST(distinct_stays_at_its_bound)
{
    uint8_t member[WINDOW_MEMBER_SIZE];
    struct str cell = STR_EMPTY;
    int64_t now = window_part(HOUR, NOW);

    for (uint64_t i = 0; i < 1500; i++) {
        member_of(member, i);
        ck_assert(window_note(&cell, now, now, member) == (i < WINDOW_MEMBERS));
    }
    ck_assert_int_eq(window_count(str_span(&cell), now, NULL, 0), WINDOW_MEMBERS);
    ck_assert_uint_eq(cell.len, WINDOW_MAX_BYTES);
    str_clear(&cell);
}
END_TEST

static void key_of(uint8_t key[SHELF_KEY_SIZE], uint64_t drawer, uint64_t n)
{
    memset(key, 0, SHELF_KEY_SIZE);
    key[1] = (uint8_t)drawer;
    memcpy(key + 2, &n, sizeof n);
}

START_TEST(drawers_are_bounded_and_come_back)
{
    struct shelf *shelf = shelf_new(16, 8), *again = shelf_new(16, 8);
    struct str bytes = STR_EMPTY;
    uint8_t key[SHELF_KEY_SIZE];
    size_t drawer, changed = 0;

    for (uint64_t i = 0; i < 200; i++) {
        key_of(key, i % 16, i);
        struct shelf_entry *entry = shelf_put(shelf, key);
        ck_assert((entry != NULL) == (i < 128));
        if (entry != NULL)
            str_printf(&entry->value, "value %u", (unsigned)i);
    }
    while (shelf_take_changed(shelf, &drawer, &bytes)) {
        changed++;
        shelf_restore(again, drawer, str_span(&bytes));
        shelf_restore(again, (drawer + 1) % 16, str_span(&bytes)); /* not theirs */
        str_reset(&bytes);
    }
    ck_assert_uint_eq(changed, 16);
    for (uint64_t i = 0; i < 128; i++) {
        char wanted[40];
        key_of(key, i % 16, i);
        snprintf(wanted, sizeof wanted, "value %u", (unsigned)i);
        ck_assert(shelf_find(again, key) != NULL);
        ck_assert_str_eq(str_cstr(&shelf_find(again, key)->value), wanted);
    }
    shelf_drop(shelf, 3, 0);
    ck_assert_uint_eq(shelf_count(shelf, 3), 7);
    ck_assert(shelf_take_changed(shelf, &drawer, &bytes) && drawer == 3);
    str_clear(&bytes);
    shelf_free(&shelf);
    shelf_free(&again);
}
END_TEST

START_TEST(damaged_drawers_do_no_harm)
{
    struct shelf *shelf = shelf_new(4, 8);
    uint64_t random = 3;
    char bytes[100];

    for (int i = 0; i < 20000; i++) {
        size_t len = random_below(&random, sizeof bytes);
        for (size_t k = 0; k < len; k++)
            bytes[k] = (char)random_below(&random, k % 18 > 15 ? 3 : 256);
        shelf_restore(shelf, random_below(&random, 4), span_from(bytes, len));
    }
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_le(shelf_count(shelf, i), 8);
    shelf_free(&shelf);
}
END_TEST

SUITE_MAIN("cluster/window", a_reading_is_within_its_bounds, late_charges_count_when_they_were,
           foreign_cells_are_empty, distinct_counts_each_member_once,
           distinct_stays_at_its_bound, drawers_are_bounded_and_come_back,
           damaged_drawers_do_no_harm)
