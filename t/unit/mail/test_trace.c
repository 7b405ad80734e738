/* The trace mark: signed, printed, read, verified; altered, copied and old ones. */
#include "mail/trace.h"

#include <stdio.h>

#include "t/lib/suite.h"

#define NOW 1800000000
#define AGE (5 * 86400)

static const uint8_t key_a[HASH_KEY_SIZE] = {1};
static const uint8_t key_b[HASH_KEY_SIZE] = {2};
static const struct trace_keys only_a = {key_a, NULL, NULL};
static const struct span id = {"<1@example.com>", 15};
static const struct span rcpts[] = {
    {"a@x.example", 11}, {"b@x.example", 11}, {"c@y.example", 11}};

static struct trace mark(const struct span *recipients, size_t count)
{
    struct trace trace = {.node = "gate-1", .path = "staging", .time = NOW, .pass = 1};

    trace_sign(&trace, key_a, id, recipients, count);
    return trace;
}

static enum trace_state verify_text(const char *text, struct trace *trace)
{
    if (!trace_parse(span_of(text), trace))
        return TRACE_INVALID;
    return trace_verify(trace, &only_a, id, NOW + 10, AGE);
}

START_TEST(test_there_and_back)
{
    struct trace trace = mark(rcpts, 3), found;
    struct str text = STR_EMPTY;

    trace_print(&text, &trace);
    ck_assert_msg(
        span_starts(str_span(&text), SPAN("v1; n=gate-1; p=staging; t=1800000000; c=1; r=")),
        "%s", str_cstr(&text));
    ck_assert(trace_parse(str_span(&text), &found));
    ck_assert_str_eq(found.node, "gate-1");
    ck_assert_str_eq(found.path, "staging");
    ck_assert_uint_eq(found.pass, 1);
    ck_assert_uint_eq(found.hash_count, 3);
    ck_assert_int_eq(trace_verify(&found, &only_a, id, NOW, AGE), TRACE_VALID);
    ck_assert_ptr_eq(found.key, key_a);
    str_clear(&text);
}
END_TEST

/* Postfix splits a message over next hops and other servers fold headers: neither hides the loop. */
START_TEST(test_holds)
{
    static const struct span other[] = {{"a@x.example", 11}, {"d@x.example", 11}};
    static const struct span twice[] = {{"b@x.example", 11}, {"b@x.example", 11}};
    struct trace trace = mark(rcpts, 3);

    ck_assert(trace_holds(&trace, id, rcpts, 3));
    ck_assert(trace_holds(&trace, id, rcpts + 1, 1));
    ck_assert(trace_holds(&trace, id, rcpts + 1, 2));
    ck_assert(trace_holds(&trace, id, twice, 2));
    ck_assert(!trace_holds(&trace, id, other, 2));
    ck_assert(!trace_holds(&trace, id, other + 1, 1));
    ck_assert(!trace_holds(&trace, id, NULL, 0));
    ck_assert(!trace_holds(&trace, SPAN("<2@example.com>"), rcpts, 3));
    trace.key = key_b;
    ck_assert(!trace_holds(&trace, id, rcpts, 3));
    trace.key = NULL;
    ck_assert(!trace_holds(&trace, id, rcpts, 3));
}
END_TEST

START_TEST(test_many_recipients)
{
    static char texts[40][32];
    struct span many[40], reversed[40];
    struct trace trace, found;
    struct str text = STR_EMPTY;

    for (int i = 0; i < 40; i++) {
        snprintf(texts[i], sizeof(texts[i]), "r%d@x.example", i);
        many[i] = reversed[39 - i] = span_of(texts[i]);
    }
    trace = mark(many, 16);
    ck_assert(!trace.is_set && trace.hash_count == 16);
    ck_assert(trace_holds(&trace, id, many + 3, 5));
    trace = mark(many, 40);
    trace_print(&text, &trace);
    ck_assert(trace_parse(str_span(&text), &found));
    ck_assert_int_eq(trace_verify(&found, &only_a, id, NOW, AGE), TRACE_VALID);
    ck_assert(found.is_set && found.hash_count == 1);
    ck_assert(trace_holds(&found, id, reversed, 40));
    ck_assert(!trace_holds(&found, id, many, 39));
    ck_assert(!trace_holds(&found, id, many, 5));
    str_clear(&text);
}
END_TEST

START_TEST(test_time)
{
    static const struct {
        int64_t now;
        enum trace_state wanted;
    } cases[] = {
        {NOW, TRACE_VALID},
        {NOW + AGE, TRACE_VALID},
        {NOW + AGE + 1, TRACE_EXPIRED},
        {NOW - TRACE_FUTURE_MAX, TRACE_VALID},
        {NOW - TRACE_FUTURE_MAX - 1, TRACE_INVALID},
    };
    struct trace trace = mark(rcpts, 3);

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(trace_verify(&trace, &only_a, id, cases[i].now, AGE) == cases[i].wanted,
                      "case %zu", i);
}
END_TEST

START_TEST(test_keys)
{
    static const struct trace_keys turned = {key_b, key_a, NULL}, strange = {key_b, NULL, NULL},
                                   joined = {key_b, NULL, key_a};
    struct trace trace = mark(rcpts, 3);

    ck_assert_int_eq(trace_verify(&trace, &turned, id, NOW, AGE), TRACE_VALID);
    ck_assert_ptr_eq(trace.key, key_a);
    ck_assert_int_eq(trace_verify(&trace, &joined, id, NOW, AGE), TRACE_VALID);
    ck_assert_int_eq(trace_verify(&trace, &strange, id, NOW, AGE), TRACE_INVALID);
    ck_assert_int_eq(trace_verify(&trace, &only_a, SPAN("<2@x>"), NOW, AGE), TRACE_INVALID);
    ck_assert_int_eq(trace_verify(&trace, &only_a, SPAN(""), NOW, AGE), TRACE_INVALID);
}
END_TEST

/* Any byte of it changed: no mark, or an invalid one; but for the case of hexadecimal digits, which says the same. */
START_TEST(test_altered)
{
    struct trace trace = mark(rcpts, 3), found;
    struct str text = STR_EMPTY;

    trace_print(&text, &trace);
    for (size_t i = 0; i < text.len; i++) {
        char was = text.ptr[i];

        for (int c = 0x20; c < 0x7f; c++) {
            bool is_same = c == was || ((c | 0x20) == (was | 0x20) && i > 40);

            text.ptr[i] = (char)c;
            ck_assert_msg(is_same || verify_text(text.ptr, &found) != TRACE_VALID, "%zu %s", i,
                          text.ptr);
        }
        text.ptr[i] = was;
    }
    for (size_t i = text.len; i-- > 0;) {
        str_truncate(&text, i);
        ck_assert(!trace_parse(str_span(&text), &found));
    }
    str_clear(&text);
}
END_TEST

START_TEST(test_folded)
{
    struct trace trace = mark(rcpts, 3), found;
    struct str text = STR_EMPTY, folded = STR_EMPTY;
    struct span rest, part;

    trace_print(&text, &trace);
    rest = str_span(&text);
    while (span_cut(&rest, ';', &part)) {
        str_add(&folded, part);
        str_adds(&folded, rest.ptr != NULL ? " ;\r\n\t" : " \r\n");
    }
    ck_assert_int_eq(verify_text(str_cstr(&folded), &found), TRACE_VALID);
    str_clear(&text);
    str_clear(&folded);
}
END_TEST

START_TEST(test_malformed)
{
    static const char *const bad[] = {
        "",
        "v1",
        "v2; n=a; p=proxy; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddee",
        "v1; n=a; p=proxy; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff; "
        "x=1",
        "v1; n=a; p=proxy; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff;",
        "v1; n=; p=proxy; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a b; p=proxy; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=Proxy; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=01; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=-1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=999999999999999; c=1; r=0011223344556677; "
        "s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=1; c=0; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=1; c=1000; r=0011223344556677; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=1; c=1; r=; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=1; c=1; r=001122334455667; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=1; c=1; r=0011223344556677,; s=00112233445566778899aabbccddeeff",
        "v1; n=a; p=proxy; t=1; c=1; r=*0011223344556677,0011223344556677; "
        "s=00112233445566778899aabbccddeeff",
        "v1; p=proxy; n=a; t=1; c=1; r=0011223344556677; s=00112233445566778899aabbccddeeff",
    };
    struct str many = STR_EMPTY;
    struct trace found;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!trace_parse(span_of(bad[i]), &found), "%s", bad[i]);
    str_adds(&many, "v1; n=a; p=proxy; t=1; c=1; r=0011223344556677");
    for (int i = 0; i < 16; i++)
        str_adds(&many, ",0011223344556677");
    str_adds(&many, "; s=00112233445566778899aabbccddeeff");
    ck_assert(!trace_parse(str_span(&many), &found)); /* 17 of them */
    str_clear(&many);
    ck_assert(!trace_parse(span_of(NULL), &found));
}
END_TEST

SUITE_MAIN("trace", test_there_and_back, test_holds, test_many_recipients, test_time, test_keys,
           test_altered, test_folded, test_malformed)
