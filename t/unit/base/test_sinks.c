/* The escaping printers: what comes out cannot break its surroundings, whatever goes in. */
#include "base/sinks.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "t/lib/suite.h"

static void reply10(struct str *out, struct span s)
{
    sink_reply(out, s, 10);
}

static void header200(struct str *out, struct span s)
{
    sink_header(out, s, 200);
}

static const struct {
    const char *name;
    void (*print)(struct str *out, struct span s);
    struct span in;
    const char *out;
} cases[] = {
    {"terminal text", sink_terminal, {"Gr\xc3\xbc\xc3\x9f", 6}, "Gr\xc3\xbc\xc3\x9f"},
    {"terminal escape", sink_terminal, {"\x1b[31m\n\x7f", 7}, "\\x1b[31m\\x0a\\x7f"},
    {"terminal C1 control", sink_terminal, {"\xc2\x9b", 2}, "\\u{9b}"},
    {"terminal bidi",
     sink_terminal,
     {"a\xe2\x80\xae"
      "b",
      5},
     "a\\u{202e}b"},
    {"terminal bad byte", sink_terminal, {"\xff\xc3", 2}, "\\xff\\xc3"},
    {"terminal surrogate", sink_terminal, {"\xed\xa0\x80", 3}, "\\xed\\xa0\\x80"},
    {"terminal overlong", sink_terminal, {"\xc0\xaf", 2}, "\\xc0\\xaf"},
    {"log", sink_log, {"a b\\\n\xff\0~", 8}, "a b\\\\\\x0a\\xff\\x00~"},
    {"reply short", reply10, {"0123456789", 10}, "0123456789"},
    {"reply cut", reply10, {"01234567890", 11}, "0123456..."},
    {"reply lines", reply10, {"a\r\nb\xc3\xbc%", 7}, "a??b??%"},
    {"header plain", header200, {"a\tb\r\nc", 6}, "a b??c"},
    {"header word", header200, {"Gr\xc3\xbc\xc3\x9f", 6}, "=?UTF-8?B?R3LDvMOf?="},
    {"header foreign word", header200, {"=?x?q?a?=", 9}, "=?UTF-8?B?PT94P3E/YT89?="},
    {"header control in word", header200, {"\xc3\xbc\n", 3}, "=?UTF-8?B?w7w/?="},
    {"json", sink_json, {"a\"\\\n\x01\x7f", 6}, "\"a\\\"\\\\\\n\\u0001\\u007f\""},
    {"json beyond the plane", sink_json, {"\xf0\x9f\x98\x80", 4}, "\"\\ud83d\\ude00\""},
    {"json bad", sink_json, {"\xff\0", 2}, "\"\\ufffd\\u0000\""},
    {"json empty", sink_json, {NULL, 0}, "\"\""},
    {"csv plain", sink_csv, {"abc", 3}, "abc"},
    {"csv quotes", sink_csv, {"a\"b,c", 5}, "\"a\"\"b,c\""},
    {"csv formula", sink_csv, {"=1+1", 4}, "'=1+1"},
    {"csv formula quoted", sink_csv, {"@a,b", 4}, "\"'@a,b\""},
    {"csv escape", sink_csv, {"a\x1b", 2}, "a?"},
    {"utf8 bad",
     sink_utf8,
     {"a\xff"
      "b",
      3},
     "a\xef\xbf\xbd"
     "b"},
    {"utf8 cut", sink_utf8, {"\xe2\x82", 2}, "\xef\xbf\xbd\xef\xbf\xbd"},
    {"utf8 good", sink_utf8, {"\xe2\x82\xac", 3}, "\xe2\x82\xac"},
};

START_TEST(test_cases)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str out = STR_EMPTY;

        cases[i].print(&out, cases[i].in);
        ck_assert_msg(strcmp(str_cstr(&out), cases[i].out) == 0, "%s: %s", cases[i].name,
                      str_cstr(&out));
        str_clear(&out);
    }
}
END_TEST

static void assert_plain(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        ck_assert_msg(s.ptr[i] >= 0x20 && s.ptr[i] <= 0x7e, "byte %02x",
                      (unsigned char)s.ptr[i]);
}

/* Any bytes: ASCII sinks give printable ASCII, within their limits; UTF-8 comes out valid. */
START_TEST(test_random_bytes)
{
    for (size_t round = 0; round < 2000; round++) {
        unsigned char bytes[120];
        struct str out = STR_EMPTY;
        struct span in = span_from(bytes, round % sizeof(bytes));

        hash_random(bytes, sizeof(bytes));
        sink_log(&out, in);
        sink_json(&out, in);
        sink_reply(&out, in, 50);
        assert_plain(str_span(&out));
        str_reset(&out);
        sink_header(&out, in, 100);
        assert_plain(str_span(&out));
        ck_assert_uint_le(out.len, 100);
        str_reset(&out);
        sink_utf8(&out, in);
        for (struct span rest = str_span(&out); rest.len > 0;)
            ck_assert_uint_ne(utf8_next(&rest), UTF8_BAD);
        str_clear(&out);
    }
}
END_TEST

START_TEST(test_header_words)
{
    struct str in = STR_EMPTY, out = STR_EMPTY;
    struct span rest, word;

    for (int i = 0; i < 100; i++)
        str_adds(&in, "\xc3\xbc");
    sink_header(&out, str_span(&in), 1000);
    rest = str_span(&out);
    while (span_cut(&rest, ' ', &word))
        ck_assert(word.len <= 75 && span_starts(word, SPAN("=?UTF-8?B?")) &&
                  span_ends(word, SPAN("?=")));
    str_clear(&in);
    str_clear(&out);
}
END_TEST

START_TEST(test_small_limits)
{
    for (size_t limit = 0; limit < 6; limit++) {
        struct str out = STR_EMPTY;

        sink_reply(&out, SPAN("abcdefgh"), limit);
        ck_assert_uint_eq(out.len, limit);
        str_reset(&out);
        sink_header(&out, SPAN("\xc3\xbc"), limit);
        ck_assert_uint_eq(out.len, 0);
        str_clear(&out);
    }
}
END_TEST

SUITE_MAIN("sinks", test_cases, test_random_bytes, test_header_words, test_small_limits)
