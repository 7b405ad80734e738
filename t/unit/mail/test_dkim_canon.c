/* Canonical forms: fields as they are hashed, bodies by the digest of what they should become, however they come in pieces. */
#include "mail/dkim_canon.h"

#include "t/lib/suite.h"

static const struct {
    const char *name, *value, *simple, *relaxed;
} fields[] = {
    /* RFC 6376 section 3.4.5 */
    {"A", " X", "A: X", "a:X"},
    {"B ", " Y\t\r\n\tZ  ", "B : Y\t\r\n\tZ  ", "b:Y Z"},
    {"SUBJect", "  a  b\t\tc ", "SUBJect:  a  b\t\tc ", "subject:a b c"},
    {"A", "", "A:", "a:"},
    {"A", " \r\n ", "A: \r\n ", "a:"},
    {"A", "x\n y", "A:x\r\n y", "a:x y"},
    {"A", "x\r\n\r\n y", "A:x\r\n\r\n y", "a:x y"},
    {"A", "x\r y\rz", "A:x\r y\rz", "a:x\r y\rz"},
    {"A", "x\r", "A:x\r", "a:x\r"},
    {"A\t \t", "\xc3\xa9 \x01", "A\t \t:\xc3\xa9 \x01", "a:\xc3\xa9 \x01"},
};

START_TEST(test_fields)
{
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct str out = STR_EMPTY;

        dkim_canon_field(&out, DKIM_SIMPLE, span_of(fields[i].name), span_of(fields[i].value));
        ck_assert_str_eq(str_cstr(&out), fields[i].simple);
        str_reset(&out);
        dkim_canon_field(&out, DKIM_RELAXED, span_of(fields[i].name), span_of(fields[i].value));
        ck_assert_str_eq(str_cstr(&out), fields[i].relaxed);
        str_clear(&out);
    }
}
END_TEST

static const struct {
    const char *body, *simple, *relaxed;
} bodies[] = {
    /* RFC 6376 section 3.4.5 */
    {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
    {"", "\r\n", ""},
    {"\r\n", "\r\n", ""},
    {"\r\n\r\n\r\n", "\r\n", ""},
    {" \t\r\n", " \t\r\n", ""},
    {" ", " \r\n", ""},
    {"x", "x\r\n", "x\r\n"},
    {"x\r\n", "x\r\n", "x\r\n"},
    {"x \t", "x \t\r\n", "x\r\n"},
    {"x\r\n \r\n\t\r\n", "x\r\n \r\n\t\r\n", "x\r\n"},
    {"\r\n\r\nx\r\n", "\r\n\r\nx\r\n", "\r\n\r\nx\r\n"},
    {"\t x\r\n", "\t x\r\n", " x\r\n"},
    {"x\ny\n", "x\ny\n\r\n", "x\ny\n\r\n"},
    {"x\n\n", "x\n\n\r\n", "x\n\n\r\n"},
    {"x\ry\r", "x\ry\r\r\n", "x\ry\r\r\n"},
    {"x\r\r\n", "x\r\r\n", "x\r\r\n"},
    {"x \r\r\n", "x \r\r\n", "x \r\r\n"},
    {"\r", "\r\r\n", "\r\r\n"},
    {"x \r", "x \r\r\n", "x \r\r\n"},
    {"\r \n", "\r \n\r\n", "\r \n\r\n"},
};

/* pieces of so many bytes */
static void check_body(enum dkim_canon canon, const char *text, const char *wanted,
                       size_t piece)
{
    uint8_t digest[HASH_SHA256_SIZE], expected[HASH_SHA256_SIZE];
    struct dkim_body body;
    uint64_t length;

    dkim_body_begin(&body, canon, NULL, 0);
    for (size_t at = 0; at < strlen(text); at += piece)
        dkim_body_add(&body, span_from(text + at, strnlen(text + at, piece)));
    length = dkim_body_end(&body, digest);
    hash_sha256(span_of(wanted), expected);
    ck_assert_msg(length == strlen(wanted) && memcmp(digest, expected, sizeof digest) == 0,
                  "canon %d, pieces of %zu: %s", (int)canon, piece, text);
}

START_TEST(test_bodies)
{
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        for (size_t piece = 1; piece < 9; piece++) {
            check_body(DKIM_SIMPLE, bodies[i].body, bodies[i].simple, piece);
            check_body(DKIM_RELAXED, bodies[i].body, bodies[i].relaxed, piece);
        }
}
END_TEST

/* Longer than the buffer by all small amounts, in words and in one run. */
START_TEST(test_buffer)
{
    struct str text = STR_EMPTY, wanted = STR_EMPTY;

    for (size_t more = 0; more < 9; more++) {
        str_reset(&text);
        str_reset(&wanted);
        while (text.len < DKIM_BODY_BUFFER - 4 + more)
            str_addc(&text, 'x');
        str_adds(&wanted, str_cstr(&text));
        for (int i = 0; i < 3000; i++) {
            str_adds(&text, " \t word \r\n");
            str_adds(&wanted, " word\r\n");
        }
        check_body(DKIM_RELAXED, str_cstr(&text), str_cstr(&wanted), 65536);
        check_body(DKIM_RELAXED, str_cstr(&text), str_cstr(&wanted), 7);
        check_body(DKIM_SIMPLE, str_cstr(&text), str_cstr(&text), 65536);
    }
    str_clear(&text);
    str_clear(&wanted);
}
END_TEST

/* A digest of the first bytes for each stop, wherever they lie; none for what lies behind the end. */
START_TEST(test_stops)
{
    static const uint64_t lengths[] = {0, 0, 1, 4096, 4097, 8192, 9001, 9002, 9003, 99999};
    uint8_t digests[COUNT_OF(lengths)][HASH_SHA256_SIZE] = {{0}}, digest[HASH_SHA256_SIZE];
    uint8_t untouched[HASH_SHA256_SIZE] = {0};
    struct dkim_body_stop stops[COUNT_OF(lengths)];
    struct dkim_body body;
    char text[9003];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 23);
    memcpy(text + 9001, "\r\n", 2);
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        stops[i] = (struct dkim_body_stop){lengths[i], digests[i]};
    dkim_body_begin(&body, DKIM_RELAXED, stops, COUNT_OF(stops));
    dkim_body_add(&body, span_from(text, sizeof text));
    ck_assert_uint_eq(dkim_body_end(&body, digest), 9003);
    for (size_t i = 0; i + 1 < COUNT_OF(lengths); i++) {
        hash_sha256(span_from(text, lengths[i]), digest);
        ck_assert_msg(memcmp(digests[i], digest, sizeof digest) == 0, "stop %zu", i);
    }
    ck_assert_mem_eq(digests[COUNT_OF(lengths) - 1], untouched, sizeof untouched);
}
END_TEST

SUITE_MAIN("dkim_canon", test_fields, test_bodies, test_buffer, test_stops)
