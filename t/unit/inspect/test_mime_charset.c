/* test_mime_charset.c - a text in pieces gives what it gives as a whole; which set a text is in. */
#include "milter/inspect/charsets.h"
#include "milter/inspect/mime_charset.h"
#include "t/lib/suite.h"

static const struct {
    const char *charset;
    struct span text;
    const char *utf8;
} texts[] = {
    {"utf-8",
     {"a\xc3\xbc\xe4\xbe\x8b\xf0\x9f\x98\x80z", 11},
     "a\xc3\xbc\xe4\xbe\x8b\xf0\x9f\x98\x80z"},
    {"utf-8", {"a\xff\xc3", 3}, "a\xef\xbf\xbd\xef\xbf\xbd"},
    {"koi8-r", {"\xd0\xcf", 2}, "\xd0\xbf\xd0\xbe"},
    {"utf-16le", {"a\0=\xd8\0\xde", 6}, "a\xf0\x9f\x98\x80"},
    {"utf-16le", {"a\0b", 3}, "a\xef\xbf\xbd"},
    {"utf-16be", {"\0a\0b", 4}, "ab"},
    {"utf-7", {"a+AGgAdA-b", 10}, "ahtb"},
    {"iso-2022-jp", {"a\x1b$BF|K\\\x1b(Bz", 12}, "a\xe6\x97\xa5\xe6\x9c\xacz"},
    {"big5", {"\xa4\xa4z", 3}, "\xe4\xb8\xadz"},
    {"big5-hkscs", {"\x88\x62\x88\x66", 4}, "\xc3\x8a\xcc\x84\xc3\x8a"},
    {"gb18030", {"\x81\x30\x81\x30z", 5}, "\xc2\x80z"},
};

static void convert(struct str *out, size_t i, size_t step)
{
    struct span rest = texts[i].text;
    struct charset_stream stream;

    ck_assert(mime_charset_begin(&stream, span_of(texts[i].charset)));
    while (rest.len > 0) {
        size_t len = rest.len < step ? rest.len : step;
        mime_charset_feed(&stream, out, span_from(rest.ptr, len));
        rest = span_from(rest.ptr + len, rest.len - len);
    }
    mime_charset_end(&stream, out);
}

START_TEST(test_pieces)
{
    charsets_prepare();
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t step = 1; step <= texts[i].text.len; step++) {
            struct str out = STR_EMPTY;
            convert(&out, i, step);
            ck_assert_msg(span_is(str_span(&out), texts[i].utf8), "%s in pieces of %d: %s",
                          texts[i].charset, (int)step, str_cstr(&out));
            str_clear(&out);
        }
}
END_TEST

/* What fits into no set stays bounded. */
START_TEST(test_rubbish)
{
    static const char *const names[] = {"utf-8",       "utf-7",       "utf-16",  "utf-32",
                                        "iso-2022-jp", "iso-2022-kr", "gb18030", "euc-tw"};

    charsets_prepare();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct str bytes = STR_EMPTY, out = STR_EMPTY;
        struct charset_stream stream;
        for (unsigned j = 0; j < 100000; j++)
            str_addc(&bytes, (char)(j * 2654435761u >> 24));
        ck_assert(mime_charset_begin(&stream, span_of(names[i])));
        mime_charset_feed(&stream, &out, str_span(&bytes));
        mime_charset_end(&stream, &out);
        ck_assert_msg(out.len > 0 && out.len <= 3 * bytes.len + 100, "%s: %d", names[i],
                      (int)out.len);
        str_clear(&bytes);
        str_clear(&out);
    }
}
END_TEST

static const struct {
    struct span label, begin;
    bool is_html;
    const char *charset;
    size_t mark;
} choices[] = {
    {{"", 0}, {"x", 1}, false, "utf-8", 0},
    {{"koi8-r", 6}, {"x", 1}, false, "koi8-r", 0},
    {{" 'KOI8-R'; x", 9}, {"x", 1}, false, "KOI8-R", 0},
    {{"x-unknown", 9}, {"x", 1}, false, "utf-8", 0},
    {{"koi8-r", 6}, {"\xef\xbb\xbfx", 4}, false, "utf-8", 3},
    {{"koi8-r", 6}, {"\xff\xfex\0", 4}, false, "utf-16le", 2},
    {{"", 0}, {"\xfe\xff\0x", 4}, false, "utf-16be", 2},
    {{"utf-16", 6}, {"\0x", 2}, false, "utf-16be", 0},
    {{"UTF-16", 6}, {"x\0", 2}, false, "utf-16le", 0},
    {{"utf-16be", 8}, {"x\0", 2}, false, "utf-16be", 0},
    {{"", 0}, {"<meta charset=koi8-r>", 21}, true, "koi8-r", 0},
    {{"", 0}, {"<meta charset=koi8-r>", 21}, false, "utf-8", 0},
    {{"", 0}, {"<META CHARSET = \"koi8-r\"/>", 26}, true, "koi8-r", 0},
    {{"", 0}, {"<meta content='text/html; charset=big5'>", 40}, true, "big5", 0},
    {{"", 0}, {"<meta name=x><meta charset=big5>", 32}, true, "big5", 0},
    {{"", 0}, {"<meta charset=utf-16>", 21}, true, "utf-8", 0},
    {{"", 0}, {"<?xml version='1.0' encoding='koi8-r'?>", 39}, true, "koi8-r", 0},
    {{"utf-8", 5}, {"<meta charset=koi8-r>", 21}, true, "utf-8", 0},
    {{"x-unknown", 9}, {"<meta charset=koi8-r>", 21}, true, "koi8-r", 0},
    {{"", 0}, {"<meta charset", 13}, true, "utf-8", 0},
};

START_TEST(test_choice)
{
    charsets_prepare();
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        size_t mark;
        struct span got =
            mime_charset_of(choices[i].label, choices[i].begin, choices[i].is_html, &mark);
        ck_assert_msg(span_is(got, choices[i].charset) && mark == choices[i].mark,
                      "%d: want %s, got %.*s", (int)i, choices[i].charset, SPAN_ARG(got));
    }
}
END_TEST

static const struct {
    struct span label, begin;
    const char *other; /* NULL: none */
} others[] = {
    {{"", 0}, {"x", 1}, NULL},
    {{"utf-8", 5}, {"x\0", 2}, NULL},
    {{"iso-2022-jp", 11}, {"x", 1}, NULL},
    {{"utf-7", 5}, {"x", 1}, "utf-8"},
    {{"utf-7", 5}, {"\0x", 2}, "utf-8"},
    {{"unicode-2-0-utf-7", 17}, {"xx", 2}, "utf-8"},
    {{"iso-2022-kr", 11}, {"x", 1}, "utf-8"},
    {{"utf-16le", 8}, {"xx", 2}, "utf-8"},
    {{"utf-16le", 8}, {"x\0", 2}, NULL},
    {{"utf-16", 6}, {"xx", 2}, "utf-8"},
    {{"utf-16", 6}, {" (\0x", 4}, "utf-16be"},
    {{"'UTF-16'", 8}, {"\0x", 2}, "utf-16le"},
};

START_TEST(test_other)
{
    charsets_prepare();
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct span got, name;
        size_t mark;
        name = mime_charset_of(others[i].label, others[i].begin, false, &mark);
        ck_assert_msg(mime_charset_other(others[i].label, name, others[i].begin, &got) ==
                          (others[i].other != NULL),
                      "%d", (int)i);
        ck_assert_msg(others[i].other == NULL || span_is(got, others[i].other), "%d: %.*s",
                      (int)i, SPAN_ARG(got));
    }
}
END_TEST

START_TEST(test_unknown)
{
    struct charset_stream stream;
    struct str out = STR_EMPTY;

    charsets_prepare();
    ck_assert(!mime_charset_begin(&stream, SPAN("x-nobody-knows")));
    mime_charset_end(&stream, &out);
    ck_assert(!mime_charset_begin(&stream, SPAN("")));
    ck_assert(!mime_charset_begin(&stream, SPAN("utf-8\0x")));
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

SUITE_MAIN("inspect/mime_charset", test_pieces, test_rubbish, test_choice, test_other,
           test_unknown)
