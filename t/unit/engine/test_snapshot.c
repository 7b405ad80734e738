/* test_snapshot.c - the current snapshot swapped while others decide with the one before: nobody sees half, nothing goes too early or stays. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "engine/piece.h"
#include "t/lib/suite.h"

#define SWAPS   400
#define READERS 4

struct thing {
    uint64_t revision; /* 0 once released */
};

static atomic_int made, gone;

static void release_thing(void *argument)
{
    struct thing *thing = argument;

    ck_assert_uint_ne(thing->revision, 0);
    thing->revision = 0;
    free(thing);
    atomic_fetch_add(&gone, 1);
}

static struct piece *piece_of(const char *name, uint64_t revision)
{
    struct thing *thing = malloc(sizeof *thing);

    thing->revision = revision;
    atomic_fetch_add(&made, 1);
    return piece_new(name, thing, release_thing);
}

static void publish(uint64_t revision)
{
    struct snapshot *next = snapshot_new();
    struct piece *piece = piece_of("rules", revision);

    next->revision = revision;
    snapshot_hold(next, &piece);
    ck_assert_ptr_null(piece);
    snapshot_swap(&next);
    ck_assert_ptr_null(next);
}

static void withdraw(void)
{
    struct snapshot *none = NULL;

    snapshot_swap(&none);
}

START_TEST(test_pinned_outlives_swap)
{
    const struct snapshot *old, *now;

    ck_assert_ptr_null(snapshot_pin());
    publish(1);
    old = snapshot_pin();
    publish(2);
    now = snapshot_pin();
    ck_assert_uint_eq(old->revision, 1);
    ck_assert_uint_eq(now->revision, 2);
    ck_assert_int_eq(atomic_load(&gone), 0);
    snapshot_unpin(&old);
    ck_assert_ptr_null(old);
    ck_assert_int_eq(atomic_load(&gone), 1);
    withdraw();
    ck_assert_ptr_null(snapshot_pin());
    ck_assert_uint_eq(now->revision, 2);
    snapshot_unpin(&now);
    ck_assert_int_eq(atomic_load(&gone), 2);
    snapshot_unpin(&now); /* none is none to let go */
}
END_TEST

/* What has not changed is taken over: it goes with the last snapshot that holds it. */
START_TEST(test_shared_piece)
{
    const struct snapshot *first;
    struct snapshot *second = snapshot_new();
    struct piece *piece;

    publish(1);
    first = snapshot_pin();
    ck_assert_ptr_null(snapshot_piece(NULL, "rules"));
    ck_assert_ptr_null(snapshot_piece(first, "rules-2"));
    piece = piece_pin(snapshot_piece(first, "rules"));
    ck_assert_uint_eq(((struct thing *)piece_thing(piece))->revision, 1);
    snapshot_hold(second, &piece);
    snapshot_swap(&second);
    snapshot_unpin(&first);
    ck_assert_int_eq(atomic_load(&gone), 0);
    withdraw();
    ck_assert_int_eq(atomic_load(&gone), 1);
}
END_TEST

static atomic_bool is_over;

static void *read_on(void *unused)
{
    uint64_t last = 0;

    while (!atomic_load(&is_over)) {
        const struct snapshot *snapshot = snapshot_pin();
        const struct thing *thing = piece_thing(snapshot_piece(snapshot, "rules"));
        ck_assert_uint_eq(thing->revision, snapshot->revision);
        ck_assert_uint_ge(snapshot->revision, last); /* never back */
        last = snapshot->revision;
        snapshot_unpin(&snapshot);
    }
    return unused;
}

START_TEST(test_swapped_while_pinned)
{
    pthread_t readers[READERS];

    publish(1);
    for (size_t i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_on, NULL), 0);
    for (uint64_t revision = 2; revision <= SWAPS; revision++)
        publish(revision);
    atomic_store(&is_over, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    withdraw();
    ck_assert_int_eq(atomic_load(&made), SWAPS);
    ck_assert_int_eq(atomic_load(&gone), SWAPS);
}
END_TEST

SUITE_MAIN("engine/snapshot", test_pinned_outlives_swap, test_shared_piece,
           test_swapped_while_pinned)
