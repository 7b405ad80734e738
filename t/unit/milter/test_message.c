/* test_message.c - the message as it comes, in a sealed memfd. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "milter/message.h"
#include "t/lib/suite.h"

static struct arena *arena;
static struct message message;

static void begin(uint64_t limit)
{
    arena = arena_new();
    message_begin(&message, arena, limit);
}

static void end(void)
{
    message_end(&message);
    arena_free(&arena);
}

START_TEST(test_bytes_are_as_received)
{
    const char want[] = "Subject: a\r\n b\r\nX:\r\n\r\nbody\r\n";
    char got[100];
    struct err err;

    begin(1000);
    message_header(&message, SPAN("Subject"), SPAN(" a\n b"));
    message_header(&message, SPAN("X"), SPAN(""));
    message_end_headers(&message);
    message_body(&message, SPAN("body\r\n"));
    ck_assert_int_eq(message_seal(&message, &err), 0);
    ck_assert_uint_eq(message.size, sizeof want - 1);
    ck_assert_int_eq(pread(message.fd, got, sizeof got, 0), sizeof want - 1);
    ck_assert_mem_eq(got, want, sizeof want - 1);
    end();
}
END_TEST

START_TEST(test_sealed_is_sealed)
{
    struct err err;

    begin(1000);
    message_body(&message, SPAN("x"));
    ck_assert_int_eq(message_seal(&message, &err), 0);
    ck_assert_int_eq(write(message.fd, "y", 1), -1);
    ck_assert_int_eq(ftruncate(message.fd, 0), -1);
    ck_assert_ptr_eq(mmap(NULL, 1, PROT_WRITE, MAP_SHARED, message.fd, 0), MAP_FAILED);
    end();
}
END_TEST

START_TEST(test_larger_than_the_limit_is_a_fault)
{
    struct err err;

    begin(10);
    message_body(&message, SPAN("0123456789"));
    ck_assert_ptr_null(message.fault);
    message_body(&message, SPAN("x"));
    ck_assert_int_eq(message_seal(&message, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "message_max_bytes"));
    end();
}
END_TEST

START_TEST(test_occurrences_as_the_mta_counts)
{
    static const char *const names[] = {"X-Postgate-A", "x-postgate-a", "X-Other",
                                        "X-Postgate-A", "X-Postgate-B", "X-Postgate-A "};
    static const unsigned want[] = {1, 2, 0, 3, 1, 4};

    begin(100000);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        message_header(&message, span_of(names[i]), SPAN(" v"));
        ck_assert_uint_eq(message.headers[i].occurrence, want[i]);
    }
    end();
}
END_TEST

START_TEST(test_header_count_is_bounded)
{
    struct err err;

    begin(10000000);
    for (int i = 0; i <= MESSAGE_MAX_HEADERS; i++)
        message_header(&message, SPAN("Received"), SPAN(" x"));
    ck_assert_uint_eq(message.header_count, MESSAGE_MAX_HEADERS);
    ck_assert_int_eq(message_seal(&message, &err), -1);
    end();
}
END_TEST

START_TEST(test_digest_without_one_header)
{
    char whole[65], with_mark[65];
    struct err err;

    begin(1000);
    message_header(&message, SPAN("A"), SPAN(" 1"));
    message_end_headers(&message);
    message_body(&message, SPAN("b\r\n"));
    ck_assert_int_eq(message_seal(&message, &err), 0);
    ck_assert_int_eq(message_digest(&message, SIZE_MAX, whole), 0);
    end();
    begin(1000);
    message_header(&message, SPAN("X-Postgate-Release"), SPAN(" m\n ore"));
    message_header(&message, SPAN("A"), SPAN(" 1"));
    message_end_headers(&message);
    message_body(&message, SPAN("b\r\n"));
    ck_assert_int_eq(message_seal(&message, &err), 0);
    ck_assert_int_eq(message_digest(&message, 0, with_mark), 0);
    ck_assert_str_eq(whole, with_mark);
    end();
}
END_TEST

SUITE_MAIN("milter/message", test_bytes_are_as_received, test_sealed_is_sealed,
           test_larger_than_the_limit_is_a_fault, test_occurrences_as_the_mta_counts,
           test_header_count_is_bounded, test_digest_without_one_header)
