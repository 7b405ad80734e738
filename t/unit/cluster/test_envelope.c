/* cluster/envelope: what is signed reads back as it was; whatever is altered is refused or no longer signed. */
#include "policyd/cluster/envelope.h"

#include <stdio.h>

#include "t/lib/suite.h"

static struct sign_key key, other;
static struct str text;
static struct envelope e;
static struct err err;

static struct envelope draft(void)
{
    struct envelope d = {.cluster = SPAN("mail"),
                         .subject = SPAN("list/partners"),
                         .number = 17,
                         .base = 12,
                         .time_ms = 1795309323000,
                         .author = SPAN("anna"),
                         .note = SPAN("two\nlines \\ and\ta tab"),
                         .language = 3,
                         .supersedes_count = 2,
                         .payload = SPAN("{\"verb\":\"add\"}\n\nsignature x\n")};

    memset(d.parent, 'a', 64);
    memset(d.supersedes[0], 'b', 64);
    memset(d.supersedes[1], 'c', 64);
    return d;
}

static void sign_draft(struct envelope *d)
{
    sign_key_new(&key);
    sign_key_new(&other);
    str_reset(&text);
    ck_assert_msg(envelope_sign(&text, d, &key, &err) == 0, "%s", err.text);
}

static void clear(void)
{
    envelope_clear(&e);
    str_clear(&text);
}

START_TEST(test_round)
{
    struct envelope d = draft();

    sign_draft(&d);
    ck_assert_msg(envelope_parse(str_span(&text), &e, &err) == 0, "%s", err.text);
    ck_assert(envelope_verify(str_span(&text), &e, key.public));
    ck_assert(!envelope_verify(str_span(&text), &e, other.public));
    ck_assert(span_is(e.cluster, "mail") && span_is(e.subject, "list/partners"));
    ck_assert_uint_eq(e.number, 17);
    ck_assert_uint_eq(e.base, 12);
    ck_assert_str_eq(e.parent, d.parent);
    ck_assert_int_eq(e.time_ms, 1795309323000);
    ck_assert(span_is(e.author, "anna"));
    ck_assert(span_is(e.note, "two\nlines \\ and a tab"));
    ck_assert_uint_eq(e.language, 3);
    ck_assert_uint_eq(e.supersedes_count, 2);
    ck_assert_str_eq(e.supersedes[1], d.supersedes[1]);
    ck_assert(span_equal(e.payload, d.payload));
    ck_assert_str_eq(e.hash, d.hash);
    ck_assert_uint_eq(strlen(e.hash), 64);
    clear();
}
END_TEST

START_TEST(test_plain)
{
    struct envelope d = {
        .cluster = SPAN("m"), .subject = SPAN("rules"), .number = 1, .base = 1};

    sign_draft(&d);
    ck_assert_msg(envelope_parse(str_span(&text), &e, &err) == 0, "%s", err.text);
    ck_assert(envelope_verify(str_span(&text), &e, key.public));
    ck_assert_str_eq(e.parent, "");
    ck_assert_uint_eq(e.payload.len, 0);
    clear();
}
END_TEST

/* No name or line of the text can bring in a line of its own. */
START_TEST(test_author_is_one_line)
{
    struct envelope d = draft();

    d.author = SPAN("anna\nsubject rules\r\n");
    sign_draft(&d);
    ck_assert_int_eq(envelope_parse(str_span(&text), &e, &err), 0);
    ck_assert(span_is(e.author, "anna subject rules  "));
    clear();
}
END_TEST

START_TEST(test_refuses_to_sign)
{
    static const struct {
        const char *cluster, *subject;
        uint64_t number, base;
    } bad[] =
        {
            {"", "rules", 1, 1},  {"a\nb", "rules", 1, 1}, {"a", "", 1, 1},
            {"a", "a b", 1, 1},   {"a", "rules", 0, 0},    {"a", "rules", 1, 2},
            {"a", "rules", 2, 1}, /* no parent, though not the first */
        };
    struct envelope d = {.payload = SPAN("")};
    static char big[ENVELOPE_MAX_BYTES];

    sign_key_new(&key);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        d.cluster = span_of(bad[i].cluster);
        d.subject = span_of(bad[i].subject);
        d.number = bad[i].number;
        d.base = bad[i].base;
        ck_assert_msg(envelope_sign(&text, &d, &key, &err) == -1, "row %zu", i);
    }
    d = draft();
    d.payload = span_from(big, sizeof big);
    ck_assert_int_eq(envelope_sign(&text, &d, &key, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "parts"));
    ck_assert_uint_eq(text.len, 0);
}
END_TEST

/* Each single bit, turned around: not read, or not signed any more. */
START_TEST(test_every_bit_counts)
{
    struct envelope d = draft();

    sign_draft(&d);
    for (size_t i = 0; i < text.len * 8; i++) {
        text.ptr[i / 8] ^= (char)(1 << i % 8);
        if (envelope_parse(str_span(&text), &e, &err) == 0)
            ck_assert_msg(!envelope_verify(str_span(&text), &e, key.public), "bit %zu", i);
        envelope_clear(&e);
        text.ptr[i / 8] ^= (char)(1 << i % 8);
    }
    ck_assert_int_eq(envelope_parse(str_span(&text), &e, &err), 0);
    ck_assert(envelope_verify(str_span(&text), &e, key.public));
    clear();
}
END_TEST

START_TEST(test_cut_and_appended)
{
    struct envelope d = draft();

    sign_draft(&d);
    for (size_t len = 0; len < text.len; len++)
        ck_assert_msg(envelope_parse(span_from(text.ptr, len), &e, &err) == -1, "%zu", len);
    str_addc(&text, '\n');
    ck_assert_int_eq(envelope_parse(str_span(&text), &e, &err), -1);
    clear();
}
END_TEST

/* The signature's digits in capitals would be a second text, and hash, of the same entry. */
START_TEST(test_one_spelling)
{
    struct envelope d = draft();

    sign_draft(&d);
    for (size_t i = text.len - 129; i < text.len; i++)
        if (text.ptr[i] >= 'a' && text.ptr[i] <= 'f')
            text.ptr[i] = (char)(text.ptr[i] - 'a' + 'A');
    ck_assert_int_eq(envelope_parse(str_span(&text), &e, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "lower case"));
    clear();
}
END_TEST

/* A line put in before "time": known ones twice are refused, unknown ones skipped. */
static int parse_with(const char *line)
{
    struct envelope d = draft();
    struct str with = STR_EMPTY;
    size_t at;
    int result;

    sign_draft(&d);
    ck_assert(span_find(str_span(&text), SPAN("time "), &at));
    str_add(&with, span_from(text.ptr, at));
    str_adds(&with, line);
    str_add(&with, span_from(text.ptr + at, text.len - at));
    result = envelope_parse(str_span(&with), &e, &err);
    if (result == 0)
        ck_assert(!envelope_verify(str_span(&with), &e, key.public));
    envelope_clear(&e);
    str_clear(&with);
    return result;
}

START_TEST(test_lines)
{
    static const struct {
        const char *line, *says; /* NULL: taken */
    } rows[] = {
        {"later something\n", NULL},
        {"later something\nlater again\n", NULL},
        {"number 18\n", "number stands there twice"},
        {"cluster mail\n", "cluster stands there twice"},
        {"signer 0123456789abcdef\n", "signer stands there twice"},
        {"word\n", "NAME VALUE"},
        {" x\n", "NAME VALUE"},
        {"later\x01 x\n", "NAME VALUE"},
        {"supersedes xyz\n", "supersedes: that must be"},
        {"\n", "is missing"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_msg(parse_with(rows[i].line) == (rows[i].says == NULL ? 0 : -1), "%s: %s",
                      rows[i].line, err.text);
        if (rows[i].says != NULL)
            ck_assert_msg(strstr(err.text, rows[i].says) != NULL, "%s", err.text);
    }
    clear();
}
END_TEST

START_TEST(test_bounds)
{
    struct str many = STR_EMPTY, whole = STR_EMPTY;
    static char big[ENVELOPE_MAX_BYTES + 1];

    for (int i = 0; i < 200; i++)
        str_adds(&many, "later x\n");
    ck_assert_int_eq(parse_with(str_cstr(&many)), -1);
    str_reset(&many);
    str_adds(&many, "later ");
    for (int i = 0; i < 40000; i++)
        str_addc(&many, 'x');
    str_addc(&many, '\n');
    ck_assert_int_eq(parse_with(str_cstr(&many)), -1);
    memset(big, 'x', sizeof big);
    ck_assert_int_eq(envelope_parse(span_from(big, sizeof big), &e, &err), -1);
    ck_assert_int_eq(envelope_parse(span_from(NULL, 0), &e, &err), -1);
    str_adds(&whole,
             "postgate-signed 1\ncluster a\nsubject rules\nnumber 1\nparent -\nbase 1\n"
             "time 1\nauthor \nsigner 0123456789abcdef\nlength 18446744073709551615\n\n");
    ck_assert_int_eq(envelope_parse(str_span(&whole), &e, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "length"));
    str_clear(&many);
    str_clear(&whole);
    clear();
}
END_TEST

SUITE_MAIN("envelope", test_round, test_plain, test_author_is_one_line, test_refuses_to_sign,
           test_every_bit_counts, test_cut_and_appended, test_one_spelling, test_lines,
           test_bounds)
