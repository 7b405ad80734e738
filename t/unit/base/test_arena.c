/* Arenas: alignment, zeroes, reset, large and small pieces mixed. */
#include "base/arena.h"

#include <stdalign.h>

#include "t/lib/suite.h"

START_TEST(test_pieces)
{
    struct arena *arena = arena_new();
    char *pieces[300];

    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        size_t size = i % 50 == 0 ? 10000 : i;

        pieces[i] = arena_alloc(arena, size);
        ck_assert_uint_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            ck_assert_int_eq(pieces[i][k], 0);
        memset(pieces[i], (int)(i & 0x7f), size);
    }
    for (size_t i = 1; i < COUNT_OF(pieces); i++)
        ck_assert_int_eq(pieces[i][i % 50 == 0 ? 9999 : i - 1], (int)(i & 0x7f));
    ck_assert_uint_ge(arena_used(arena), 60000);
    arena_free(&arena);
    ck_assert_ptr_null(arena);
    arena_free(&arena);
}
END_TEST

START_TEST(test_reset)
{
    struct arena *arena = arena_new();

    for (int round = 0; round < 100; round++) {
        char *big = arena_array(arena, 100, 1000);
        char *small = arena_strdup(arena, "abc");

        ck_assert_int_eq(big[99999], 0);
        big[99999] = 'x';
        ck_assert_str_eq(small, "abc");
        arena_reset(arena);
        ck_assert_uint_eq(arena_used(arena), 0);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(test_texts)
{
    struct arena *arena = arena_new();
    struct span copy = arena_span(arena, SPAN("a\0b"));

    ck_assert_uint_eq(copy.len, 3);
    ck_assert_int_eq(copy.ptr[3], '\0');
    ck_assert_uint_eq(arena_span(arena, span_of(NULL)).len, 0);
    ck_assert_str_eq(arena_printf(arena, "%5000s", "x") + 4999, "x");
    arena_free(&arena);
}
END_TEST

SUITE_MAIN("arena", test_pieces, test_reset, test_texts)
