/* test_queue.c - bounded, first come first served, late ones taken out. */
#include "inspect/queue.h"
#include "t/lib/suite.h"

START_TEST(test_order_and_bound)
{
    struct queue queue;
    struct pool_job job = {.message_fd = 0};

    queue_init(&queue, 3);
    ck_assert(queue_deadline(&queue) == INT64_MAX);
    for (int i = 0; i < 3; i++) {
        job = (struct pool_job){.message_fd = i, .deadline = 100 - i};
        ck_assert(queue_put(&queue, &job));
    }
    ck_assert(!queue_put(&queue, &job));
    ck_assert_int_eq(queue_deadline(&queue), 98);
    ck_assert(!queue_take_late(&queue, 97, &job));
    ck_assert(queue_take_late(&queue, 98, &job));
    ck_assert_int_eq(job.message_fd, 2);
    ck_assert(queue_take(&queue, &job));
    ck_assert_int_eq(job.message_fd, 0);
    ck_assert_uint_eq(queue_count(&queue), 1);
    ck_assert(queue_take(&queue, &job));
    ck_assert(!queue_take(&queue, &job));
    queue_clear(&queue);
}
END_TEST

static void put(struct queue *queue, uint64_t asker, int fd, bool want)
{
    struct pool_job job = {.message_fd = fd, .asker = asker, .deadline = 100};

    ck_assert_int_eq(queue_put(queue, &job), want);
}

static int take(struct queue *queue)
{
    struct pool_job job;

    return queue_take(queue, &job) ? job.message_fd : -1;
}

/* One who sends much gives way to others, and only to them. */
START_TEST(test_shares)
{
    struct queue queue;
    struct pool_job job;

    queue_init(&queue, 4);
    for (int i = 0; i < 4; i++)
        put(&queue, 1, i, true);
    put(&queue, 1, 4, false);
    put(&queue, 2, 10, true);
    put(&queue, 3, 20, true);
    put(&queue, 3, 21, false);
    put(&queue, 2, 11, false);
    ck_assert_uint_eq(queue_count(&queue), 4);
    ck_assert(queue_take_late(&queue, 0, &job));
    ck_assert_int_eq(job.message_fd, 2);
    ck_assert(queue_take_late(&queue, 0, &job));
    ck_assert_int_eq(job.message_fd, 3);
    ck_assert(!queue_take_late(&queue, 0, &job));
    ck_assert_int_eq(take(&queue), 0);
    ck_assert_int_eq(take(&queue), 10);
    ck_assert_int_eq(take(&queue), 1);
    ck_assert_int_eq(take(&queue), 20);
    ck_assert_int_eq(take(&queue), -1);
    queue_clear(&queue);
}
END_TEST

SUITE_MAIN("inspect/queue", test_order_and_bound, test_shares)
