/* test_sender_request.c - questions to the sender pool as bytes: what is written reads back the same, what is broken is refused. */
#include <stdio.h>
#include "inspect/sender_wire.h"
#include "t/lib/suite.h"

static struct span record[] = {{"v=spf1 -all\0x", 13}, {"", 0}};

static struct sender_request request_of(const struct dns_answer *answers, size_t count)
{
    struct sender_request request = {.job = SENDER_SPF,
                                     .now = 1790000000,
                                     .helo = SPAN("mx.example.com"),
                                     .sender = SPAN("a b@example.com"),
                                     .receiver = SPAN("gate.example"),
                                     .trusted_id = SPAN("in.example"),
                                     .answer_count = count,
                                     .answers = answers};

    ip_parse(SPAN("2001:db8::1"), &request.client);
    return request;
}

static void check_answer(const struct dns_answer *got, const struct dns_answer *want)
{
    ck_assert_int_eq(got->type, want->type);
    ck_assert_int_eq(got->status, want->status);
    ck_assert_int_eq(got->is_nxdomain, want->is_nxdomain);
    ck_assert_int_eq(got->is_secure, want->is_secure);
    ck_assert_uint_eq(got->ttl, want->ttl);
    ck_assert(span_equal(got->name, want->name));
    ck_assert_uint_eq(got->count, want->count);
    for (size_t i = 0; i < got->count; i++)
        ck_assert(span_equal(got->records[i], want->records[i]));
}

START_TEST(test_request_round)
{
    const struct dns_answer answers[] = {
        {DNS_TXT, DNS_FOUND, false, true, 300, SPAN("example.com"), 2, record},
        {DNS_A, DNS_NONE, true, false, 0, SPAN("nothing.example.com"), 0, NULL},
        {DNS_MX, DNS_TIMEOUT, false, false, 0, SPAN("_x.example.com"), 0, NULL}};
    struct sender_request request = request_of(answers, 3), got;
    struct arena *arena = arena_new();
    struct str bytes = STR_EMPTY;
    struct err err;

    request.is_last = true;
    str_adds(&bytes, "before");
    sender_request_write(&bytes, &request);
    ck_assert_int_eq(
        sender_request_read(span_from(bytes.ptr + 6, bytes.len - 6), arena, &got, &err), 0);
    ck_assert_int_eq(got.job, SENDER_SPF);
    ck_assert_int_eq(got.now, 1790000000);
    ck_assert(ip_equal(&got.client, &request.client));
    ck_assert(got.is_last);
    ck_assert(span_equal(got.helo, request.helo));
    ck_assert(span_equal(got.sender, request.sender));
    ck_assert(span_equal(got.receiver, request.receiver));
    ck_assert(span_equal(got.trusted_id, request.trusted_id));
    ck_assert_uint_eq(got.answer_count, 3);
    for (size_t i = 0; i < 3; i++)
        check_answer(&got.answers[i], &answers[i]);
    str_clear(&bytes);
    arena_free(&arena);
}
END_TEST

/* Sixty answers as large as one may be: what does not fit says so, and the small one after them still comes through. */
START_TEST(test_request_is_bounded)
{
    static char large[DNS_ANSWER_BYTES], name[SENDER_NAMES_MAX][DNS_NAME_MAX + 1];
    static struct span large_record = {large, sizeof large};
    struct dns_answer answers[SENDER_NAMES_MAX] = {{0}};
    struct sender_request request = request_of(answers, SENDER_NAMES_MAX), got;
    struct arena *arena = arena_new();
    struct str bytes = STR_EMPTY;
    struct err err;
    size_t found = 0, failed = 0;

    for (size_t i = 0; i < SENDER_NAMES_MAX; i++) {
        snprintf(name[i], sizeof name[i], "n%zu.%0*d.%0*d.%0*d.example", i, 60, 1, 60, 1, 60,
                 1);
        answers[i] = (struct dns_answer){DNS_TXT, DNS_FOUND,        false, false,
                                         1,       span_of(name[i]), 1,     &large_record};
    }
    answers[SENDER_NAMES_MAX - 1].records = record;
    answers[SENDER_NAMES_MAX - 1].count = 2;
    sender_request_write(&bytes, &request);
    ck_assert_uint_le(bytes.len, SENDER_REQUEST_BYTES);
    ck_assert_msg(sender_request_read(str_span(&bytes), arena, &got, &err) == 0, "%s",
                  err.text);
    ck_assert_uint_eq(got.answer_count, SENDER_NAMES_MAX);
    for (size_t i = 0; i < SENDER_NAMES_MAX; i++) {
        ck_assert(span_equal(got.answers[i].name, answers[i].name));
        found += got.answers[i].status == DNS_FOUND;
        failed += got.answers[i].status == DNS_FAILED;
    }
    ck_assert_uint_ge(found, 8);
    ck_assert_uint_eq(found + failed, SENDER_NAMES_MAX);
    check_answer(&got.answers[SENDER_NAMES_MAX - 1], &answers[SENDER_NAMES_MAX - 1]);
    str_clear(&bytes);
    arena_free(&arena);
}
END_TEST

/* Nobody gains another domain by a local part that is too long. */
START_TEST(test_request_keeps_the_domain)
{
    struct str sender = STR_EMPTY, bytes = STR_EMPTY;
    struct sender_request request = request_of(NULL, 0), got;
    struct arena *arena = arena_new();

    while (sender.len < 70000)
        str_adds(&sender, "x@good.example.");
    str_adds(&sender, "@evil.example");
    request.sender = str_span(&sender);
    sender_request_write(&bytes, &request);
    ck_assert_int_eq(sender_request_read(str_span(&bytes), arena, &got, NULL), 0);
    ck_assert_uint_eq(got.sender.len, SENDER_ENVELOPE_MAX);
    ck_assert(span_ends(got.sender, SPAN("@evil.example")));
    str_clear(&bytes);
    str_clear(&sender);
    arena_free(&arena);
}
END_TEST

/* Every shorter piece, and a byte too many. */
START_TEST(test_request_cut)
{
    const struct dns_answer answers[] = {
        {DNS_TXT, DNS_FOUND, false, true, 300, SPAN("example.com"), 2, record}};
    struct sender_request request = request_of(answers, 1), got;
    struct arena *arena = arena_new();
    struct str bytes = STR_EMPTY;
    struct err err;

    sender_request_write(&bytes, &request);
    for (size_t len = 0; len < bytes.len; len++)
        ck_assert_int_eq(sender_request_read(span_from(bytes.ptr, len), arena, &got, &err), -1);
    str_addc(&bytes, 'x');
    ck_assert_int_eq(sender_request_read(str_span(&bytes), arena, &got, &err), -1);
    bytes.ptr[0] = 9; /* no job */
    str_truncate(&bytes, bytes.len - 1);
    ck_assert_int_eq(sender_request_read(str_span(&bytes), arena, &got, &err), -1);
    str_clear(&bytes);
    arena_free(&arena);
}
END_TEST

SUITE_MAIN("inspect/sender_request", test_request_round, test_request_is_bounded,
           test_request_keeps_the_domain, test_request_cut)
