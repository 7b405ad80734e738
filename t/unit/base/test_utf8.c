/* UTF-8: every character there and back, and what is called unseen. */
#include "base/utf8.h"

#include "t/lib/suite.h"

START_TEST(test_round_trip)
{
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char bytes[4];
        struct span rest = {bytes, 0};

        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        rest.len = utf8_put(code, bytes);
        if (utf8_next(&rest) != code || rest.len != 0)
            ck_abort_msg("U+%04X", code);
    }
}
END_TEST

START_TEST(test_bad)
{
    static const struct span bad[] = {
        {"\x80", 1},
        {"\xc1\xbf", 2},
        {"\xe0\x9f\xbf", 3},
        {"\xed\xbf\xbf", 3},
        {"\xf0\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 4},
        {"\xf5\x80\x80\x80", 4},
        {"\xc3", 1},
        {"\xc3"
         "a",
         2},
        {"\xe2\x82", 2},
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct span rest = bad[i];

        ck_assert_msg(utf8_next(&rest) == UTF8_BAD, "case %zu", i);
        ck_assert_msg(rest.len == bad[i].len - 1, "case %zu", i);
    }
}
END_TEST

START_TEST(test_classes)
{
    static const uint32_t unseen[] = {0x202e, 0x2066, 0x200b, 0x200d, 0xfeff, 0xe0041, 0x3164};
    static const uint32_t hidden[] = {0, 0x1b, 0x7f, 0x9b, 0xe000, 0xfffe, 0x1ffff, 0x10ffff};
    static const uint32_t seen[] = {' ', 'a', '~', 0xe9, 0x5d0, 0x4e2d, 0xfffd, 0x1f600};

    for (size_t i = 0; i < COUNT_OF(unseen); i++)
        ck_assert(utf8_is_deceptive(unseen[i]) && !utf8_is_printable(unseen[i]));
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        ck_assert(!utf8_is_deceptive(hidden[i]) && !utf8_is_printable(hidden[i]));
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        ck_assert(!utf8_is_deceptive(seen[i]) && utf8_is_printable(seen[i]));
}
END_TEST

SUITE_MAIN("utf8", test_round_trip, test_bad, test_classes)
