/* kill -9 before each system call that changes a file: nothing is lost, nothing doubled, nothing half. The order of fsync and rename, too. */
#include "t/lib/quarantine_samples.h"

#include <sys/uio.h>

#include "t/lib/crash_point.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define PLENTY    1000000000
#define MAX_CALLS 200

static char state[200], dir[300], index_path[300];
static struct err err;

/* What the child says it has done, byte by byte through a pipe: the world's knowledge of it. */
struct world {
    int pipe[2];
    char id[QUARANTINE_ID_SIZE];
    char heard[64];
};

static void tell(struct world *world, const void *bytes, size_t len)
{
    /* not through write(), which is counted */
    struct iovec piece = {(void *)(uintptr_t)bytes, len};

    ck_assert_int_eq(writev(world->pipe[1], &piece, 1), (ssize_t)len);
}

static void listen_to(struct world *world)
{
    close(world->pipe[1]);
    memset(world->heard, 0, sizeof(world->heard));
    ck_assert_int_ge(read(world->pipe[0], world->heard, sizeof(world->heard) - 1), 0);
    close(world->pipe[0]);
}

static struct quarantine *open_again(void)
{
    return sample_open(dir, index_path, PLENTY);
}

static void begin(struct world *world)
{
    temp_dir_make(state);
    snprintf(dir, sizeof(dir), "%s/quarantine", state);
    snprintf(index_path, sizeof(index_path), "%s/milter.db", state);
    ck_assert_int_eq(pipe(world->pipe), 0);
}

/* Each message is whole, and in exactly one state. */
static void expect_total(struct quarantine *q, size_t expected)
{
    struct quarantine_usage usage;

    ck_assert_uint_eq(sample_count(q, 0), expected);
    quarantine_use(q, &usage);
    ck_assert_uint_eq(usage.entries, expected);
}

/* Runs `scenario` once for each call it makes, with that call deadly; then `check` on the quarantine opened anew. */
static void crash_everywhere(int (*scenario)(void *ctx), void (*prepare)(struct world *world),
                             void (*check)(struct quarantine *q, const struct world *world))
{
    bool is_over = false;

    for (int nth = 1; !is_over; nth++) {
        struct world world = {{-1, -1}, "", ""};
        struct quarantine *q;

        ck_assert_int_lt(nth, MAX_CALLS);
        begin(&world);
        prepare(&world);
        is_over = !crash_point_run(nth, scenario, &world);
        listen_to(&world);
        q = open_again();
        check(q, &world);
        quarantine_close(&q);
        temp_dir_remove(state);
    }
}

static void prepare_nothing(struct world *world)
{
    struct quarantine *q = open_again();

    (void)world;
    quarantine_close(&q);
}

static void prepare_held(struct world *world)
{
    struct quarantine *q = open_again();

    sample_put(q, world->id);
    quarantine_close(&q);
}

static int put_one(void *ctx)
{
    struct quarantine *q = open_again();
    char id[QUARANTINE_ID_SIZE];

    sample_put(q, id);
    tell(ctx, id, sizeof(id) - 1);
    quarantine_close(&q);
    return 0;
}

/* What was acknowledged is there and whole; what was not is there whole or not at all. */
static void check_put(struct quarantine *q, const struct world *world)
{
    struct quarantine_filter filter = {.limit = 10};
    struct arena *arena = arena_new();
    struct quarantine_entry *list;
    size_t count;

    ck_assert_int_eq(quarantine_list(q, &filter, arena, &list, &count, &err), 0);
    ck_assert_uint_le(count, 1);
    if (world->heard[0] != '\0') {
        ck_assert_uint_eq(count, 1);
        ck_assert_str_eq(list[0].id, world->heard);
    }
    for (size_t i = 0; i < count; i++)
        sample_check_message(q, list[i].id);
    expect_total(q, count);
    arena_free(&arena);
}

START_TEST(test_put)
{
    crash_everywhere(put_one, prepare_nothing, check_put);
}
END_TEST

/* A release: claim, note, Postfix takes it, note. */
static int release(void *ctx)
{
    struct world *world = ctx;
    struct quarantine *q = open_again();

    if (quarantine_claim(q, world->id, &err) != 1 ||
        quarantine_sending(q, world->id, &err) != 0)
        return 1;
    tell(world, "sent", 4);
    if (quarantine_settle(q, world->id, QUARANTINE_RELEASED, "as 4XYZ", &err) != 1)
        return 1;
    tell(world, "done", 4);
    quarantine_close(&q);
    return 0;
}

/* Held again only when Postfix has not got it; released only when it has. */
static void check_release(struct quarantine *q, const struct world *world)
{
    int found = sample_state(q, world->id);

    expect_total(q, 1);
    sample_check_message(q, world->id);
    if (strcmp(world->heard, "") == 0)
        ck_assert_msg(found == QUARANTINE_HELD || found == QUARANTINE_UNKNOWN, "%d", found);
    else if (strcmp(world->heard, "sent") == 0)
        ck_assert_msg(found == QUARANTINE_UNKNOWN || found == QUARANTINE_RELEASED, "%d", found);
    else
        ck_assert_int_eq(found, QUARANTINE_RELEASED);
    ck_assert_int_eq(quarantine_claim(q, world->id, &err), found == QUARANTINE_HELD);
}

START_TEST(test_release)
{
    crash_everywhere(release, prepare_held, check_release);
}
END_TEST

/* Refused by Postfix: back to held. */
static int release_refused(void *ctx)
{
    struct world *world = ctx;
    struct quarantine *q = open_again();

    if (quarantine_claim(q, world->id, &err) != 1 ||
        quarantine_settle(q, world->id, QUARANTINE_HELD, "550 refused", &err) != 1)
        return 1;
    quarantine_close(&q);
    return 0;
}

static void check_held(struct quarantine *q, const struct world *world)
{
    ck_assert_int_eq(sample_state(q, world->id), QUARANTINE_HELD);
    expect_total(q, 1);
    sample_check_message(q, world->id);
}

START_TEST(test_release_refused)
{
    crash_everywhere(release_refused, prepare_held, check_held);
}
END_TEST

static int delete_one(void *ctx)
{
    struct world *world = ctx;
    struct quarantine *q = open_again();

    if (quarantine_delete(q, world->id, "root", &err) != 1)
        return 1;
    tell(world, "done", 4);
    quarantine_close(&q);
    return 0;
}

static void check_deleted(struct quarantine *q, const struct world *world)
{
    struct arena *arena = arena_new();
    struct quarantine_entry entry;
    int64_t offset;
    int fd;

    expect_total(q, 1);
    ck_assert_int_eq(quarantine_read(q, span_of(world->id), arena, &entry, &err), 1);
    if (entry.state == QUARANTINE_HELD) {
        ck_assert_str_eq(world->heard, "");
        sample_check_message(q, world->id);
    } else {
        ck_assert_int_eq(entry.state, QUARANTINE_DELETED);
        ck_assert_int_eq(
            quarantine_open_message(q, span_of(world->id), arena, &entry, &fd, &offset, &err),
            -1);
        ck_assert_msg(strstr(err.text, "was deleted") != NULL, "%s", err.text);
        ck_assert(!span_find(entry.notes, SPAN("released"), &(size_t){0})); /* of the message */
    }
    arena_free(&arena);
}

START_TEST(test_delete)
{
    crash_everywhere(delete_one, prepare_held, check_deleted);
}
END_TEST

/* What a power failure may take is only what was not fsynced: so the file comes before its name, and its name before the answer. */
START_TEST(test_order)
{
    struct world world = {{-1, -1}, "", ""};
    struct quarantine *q;
    char id[QUARANTINE_ID_SIZE];

    begin(&world);
    q = sample_open(dir, NULL, PLENTY);
    crash_point_set(0);
    sample_put(q, id);
    ck_assert_msg(strstr(crash_point_calls(), "wsfrd") != NULL, "%s", crash_point_calls());
    crash_point_set(0);
    ck_assert_int_eq(quarantine_claim(q, id, &err), 1);
    ck_assert_msg(strncmp(crash_point_calls(), "rdd", 3) == 0, "%s", crash_point_calls());
    crash_point_set(0);
    ck_assert_int_eq(quarantine_sending(q, id, &err), 0);
    ck_assert_msg(strncmp(crash_point_calls(), "wf", 2) == 0, "%s", crash_point_calls());
    crash_point_set(0);
    ck_assert_int_eq(quarantine_settle(q, id, QUARANTINE_RELEASED, NULL, &err), 1);
    ck_assert_msg(strncmp(crash_point_calls(), "wfrdd", 5) == 0, "%s", crash_point_calls());
    quarantine_close(&q);
    temp_dir_remove(state);
}
END_TEST

SUITE_MAIN("quarantine_crash", test_put, test_release, test_release_refused, test_delete,
           test_order)
