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

SUITE_MAIN("inspect/queue", test_order_and_bound)
