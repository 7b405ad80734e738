/* The text of quarantine files: whatever the sender sent comes back, whatever is broken is refused. */
#include <stdio.h>
#include <string.h>

#include "store/quarantine_text.h"
#include "t/lib/random.h"
#include "t/lib/suite.h"

#define SHA "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"

static struct quarantine_entry sample(void)
{
    static const struct span recipients[] = {SPAN("b@y.example"), SPAN("\"c\nd\"@y.example")};
    struct quarantine_entry e = {
        .id = "20261122-0000001abcde",
        .time_ms = 1795305600001,
        .code = SPAN("M7K2-9QF4-T3WX"),
        .kind = SPAN("reject"),
        .client = SPAN("192.0.2.1"),
        .sender = SPAN("a@x.example\r\nRecipient: evil@z.example"),
        .recipient_count = 2,
        .recipients = recipients,
        .subject = SPAN("\xff\0 \\x41 \\ : \n\n"),
        .reason = SPAN(" leading and trailing "),
        .revision = 3,
        .message_bytes = 12,
        .sha256 = SHA,
    };

    return e;
}

START_TEST(test_round_trip)
{
    struct quarantine_entry e = sample(), back;
    struct arena *arena = arena_new();
    struct quarantine_text text;
    struct str out = STR_EMPTY;
    struct err err;

    ck_assert_int_eq(quarantine_text_print(&out, &e, &err), 0);
    str_adds(&out, "the message\n");
    ck_assert_msg(quarantine_text_parse(str_span(&out), arena, &back, &text, &err) == 0, "%s",
                  err.text);
    ck_assert_uint_eq(text.header_bytes, out.len - 12);
    ck_assert_mem_eq(out.ptr + text.header_bytes - QUARANTINE_KEPT_BEFORE_END, "yes\n\n", 5);
    ck_assert(text.is_kept);
    ck_assert_str_eq(back.id, e.id);
    ck_assert_int_eq(back.time_ms, e.time_ms);
    ck_assert(span_equal(back.code, e.code) && span_equal(back.sender, e.sender));
    ck_assert(span_equal(back.subject, e.subject) && span_equal(back.reason, e.reason));
    ck_assert_uint_eq(back.recipient_count, 2);
    ck_assert(span_equal(back.recipients[0], e.recipients[0]));
    ck_assert(span_equal(back.recipients[1], e.recipients[1]));
    ck_assert(back.revision == 3 && back.message_bytes == 12 && back.helo.len == 0);
    ck_assert_str_eq(back.sha256, SHA);
    str_clear(&out);
    arena_free(&arena);
}
END_TEST

START_TEST(test_any_bytes)
{
    uint64_t random = random_seeded(5);

    for (int i = 0; i < 2000; i++) {
        struct quarantine_entry e = sample(), back;
        struct arena *arena = arena_new();
        struct quarantine_text text;
        struct str out = STR_EMPTY;
        char bytes[32];
        struct err err;

        for (size_t k = 0; k < sizeof(bytes); k++)
            bytes[k] = (char)random_next(&random);
        e.subject = span_from(bytes, 1 + random_below(&random, sizeof(bytes)));
        ck_assert_int_eq(quarantine_text_print(&out, &e, &err), 0);
        ck_assert_int_eq(quarantine_text_parse(str_span(&out), arena, &back, &text, &err), 0);
        ck_assert_msg(span_equal(back.subject, e.subject), "round %d", i);
        str_clear(&out);
        arena_free(&arena);
    }
}
END_TEST

static const char good[] =
    "Postgate-Quarantine: 1\nId: 20261122-0000001abcde\n"
    "Time: 1795305600001\nCode: X\nX-Later: whatever\nRevision: 0\n"
    "Message-Bytes: 5\nMessage-Sha256: " SHA "\nMessage-Kept: yes\n\nhello";

static const struct broken {
    const char *what, *by;
} broken[] = {
    {"Postgate-Quarantine: 1", "Postgate-Quarantine: 2"},
    {"Postgate-Quarantine: 1\n", "\n"},
    {"20261122-0000001abcde", "20261122-0000001abcd"},
    {"20261122-0000001abcde", "../../../etc/passwd/x"},
    {"20261122-0000001abcde", "20261122-0000001ABCDE"},
    {"Time: 1795305600001\n", ""},
    {"Time: 1795305600001", "Time: -1"},
    {"Code: X", "Code: \\x4"},
    {"Code: X", "Code: \\q"},
    {"Code: X", "Code: X\nCode: Y"},
    {"Code: X", "Code"},
    {"Message-Bytes: 5", "Message-Bytes: 5\nMessage-Bytes: 6"},
    {"Message-Bytes: 5", "Message-Bytes: 5 "},
    {"76", "7"},
    {"Message-Kept: yes", "Message-Kept: maybe"},
    {"Message-Kept: yes\n", ""},
    {"yes\n\nhello", "yes\n"},
};

START_TEST(test_broken)
{
    struct arena *arena = arena_new();
    struct quarantine_entry entry;
    struct quarantine_text text;
    struct err err;

    ck_assert_int_eq(quarantine_text_parse(span_of(good), arena, &entry, &text, &err), 0);
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        const char *at = strstr(good, broken[i].what);
        struct str out = STR_EMPTY;

        ck_assert_ptr_nonnull(at);
        str_add(&out, span_from(good, (size_t)(at - good)));
        str_adds(&out, broken[i].by);
        str_adds(&out, at + strlen(broken[i].what));
        ck_assert_msg(quarantine_text_parse(str_span(&out), arena, &entry, &text, &err) == -1,
                      "\"%s\" for \"%s\" was taken", broken[i].by, broken[i].what);
        str_clear(&out);
    }
    arena_free(&arena);
}
END_TEST

START_TEST(test_limits)
{
    static struct span many[QUARANTINE_MAX_RECIPIENTS + 1];
    struct quarantine_entry e = sample();
    struct str out = STR_EMPTY, big = STR_EMPTY;
    struct err err;

    e.recipients = many;
    e.recipient_count = QUARANTINE_MAX_RECIPIENTS + 1;
    ck_assert_int_eq(quarantine_text_print(&out, &e, &err), -1);
    e.recipient_count = 1;
    for (size_t i = 0; i < QUARANTINE_MAX_HEADER; i++)
        str_addc(&big, 'x');
    many[0] = str_span(&big);
    ck_assert_int_eq(quarantine_text_print(&out, &e, &err), -1);
    ck_assert_uint_eq(out.len, 0);
    str_clear(&big);
    str_clear(&out);
}
END_TEST

static const struct name_value words[] = {{"sending", 1}, {"held", 2}, {NULL, 0}};

static const struct note_case {
    const char *tail;
    const char *notes;
    int last;
} note_cases[] = {
    {"", "", 0},
    {"\n1 sending\n", "1 sending\n", 1},
    {"\n1 sending\n\n2 held: by x\n", "1 sending\n2 held: by x\n", 2},
    {"\n1 sending\n\n2 he", "1 sending\n", 1},             /* cut short */
    {"\n1 sendi\n2 sending\n", "1 sendi\n2 sending\n", 1}, /* cut short, then another */
    {"\n1 sendi\n", "1 sendi\n", 0},
    {"rubbish\n\n1 sending\n", "1 sending\n", 1},
    {"\nx sending\n", "", 0},
    {"\n1 sending\n3 other words\n", "1 sending\n3 other words\n", 1},
};

START_TEST(test_notes)
{
    struct arena *arena = arena_new();
    struct str out = STR_EMPTY;
    struct span notes;

    for (size_t i = 0; i < COUNT_OF(note_cases); i++) {
        int last = quarantine_notes_parse(span_of(note_cases[i].tail), words, arena, &notes);

        ck_assert_msg(last == note_cases[i].last, "case %zu: %d", i, last);
        ck_assert_msg(span_is(notes, note_cases[i].notes), "case %zu", i);
    }
    quarantine_note_print(&out, 5, "held", "two\nlines");
    ck_assert_str_eq(str_cstr(&out), "\n5 held: two\\x0alines\n");
    str_clear(&out);
    arena_free(&arena);
}
END_TEST

START_TEST(test_ids)
{
    char first[QUARANTINE_ID_SIZE], second[QUARANTINE_ID_SIZE];

    quarantine_id_make(1795305600000, 0xffffffffff, first);
    ck_assert_str_eq(first, "20261122-0000000fffffffff");
    quarantine_id_make(1795305600001, 0, second);
    ck_assert_int_lt(strcmp(first, second), 0);
    quarantine_id_make(1795305600000 + 86399999, 0, first);
    ck_assert(quarantine_id_is_valid(span_of(first)));
    ck_assert_int_lt(strcmp(second, first), 0);
    ck_assert(quarantine_id_is_valid(SPAN("20261122-0000000fffff"))); /* of before */
    ck_assert(!quarantine_id_is_valid(SPAN("20261122-0000000fffff0")));
    ck_assert(!quarantine_id_is_valid(SPAN("")));
    ck_assert(!quarantine_id_is_valid(SPAN("20261122/0000000fffff")));
    ck_assert(!quarantine_id_is_valid(SPAN("2026112a-0000000fffff")));
}
END_TEST

SUITE_MAIN("quarantine_text", test_round_trip, test_any_bytes, test_broken, test_limits,
           test_notes, test_ids)
