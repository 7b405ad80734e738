/* test_charsets.c - character sets by every name, opened before the sandbox stands; and no others afterwards. */
#include <errno.h>
#include <iconv.h>
#include "milter/inspect/charsets.h"
#include "t/lib/suite.h"

START_TEST(test_convert)
{
    static const struct {
        const char *charset;
        struct span text;
        const char *want; /* NULL: not known */
    } cases[] = {
        {"utf-8", {"gr\xc3\xbc\xc3\x9f", 6}, "gr\xc3\xbc\xc3\x9f"},
        {"UTF8",
         {"a\xff"
          "b",
          3},
         "a\xef\xbf\xbd"
         "b"},
        {"ISO-8859-1", {"gr\xfc", 3}, "gr\xc3\xbc"},
        {"windows-1252", {"\x80", 1}, "\xe2\x82\xac"},
        {"koi8-r", {"\xc1", 1}, "\xd0\xb0"},
        {"gb2312", {"\xb0\xa1", 2}, "\xe5\x95\x8a"},
        {"shift_jis", {"\x83\x41", 2}, "\xe3\x82\xa2"},
        {"iso-2022-jp", {"\x1b$B%\"\x1b(B", 8}, "\xe3\x82\xa2"},
        {"utf-7", {"+AKM-", 5}, "\xc2\xa3"},
        {"utf-16le", {"a\0b\0", 4}, "ab"},
        {"utf-16be", {"\0a\0", 3}, "a\xef\xbf\xbd"}, /* cut short */
        {"us-ascii", {"a\xe9", 2}, "a\xef\xbf\xbd"},
        {"utf-8", {"", 0}, ""},
        {"no-such-charset", {"a", 1}, NULL},
        {"", {"a", 1}, NULL},
        {"utf-8//IGNORE", {"a", 1}, NULL},
    };

    charsets_prepare();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str out = STR_EMPTY;
        bool is_known = charsets_to_utf8(&out, span_of(cases[i].charset), cases[i].text);

        ck_assert_msg(is_known == (cases[i].want != NULL), "%s", cases[i].charset);
        ck_assert_int_eq(charsets_knows(span_of(cases[i].charset)), is_known);
        if (is_known)
            ck_assert_msg(strcmp(str_cstr(&out), cases[i].want) == 0, "%s: %s",
                          cases[i].charset, str_cstr(&out));
        str_clear(&out);
    }
}
END_TEST

/* A conversion left in the middle by one text begins anew for the next. */
START_TEST(test_state)
{
    struct str out = STR_EMPTY;

    charsets_prepare();
    ck_assert(charsets_to_utf8(&out, SPAN("iso-2022-jp"), SPAN("\x1b$B%\"")));
    str_reset(&out);
    ck_assert(charsets_to_utf8(&out, SPAN("iso-2022-jp"), SPAN("ab")));
    ck_assert_str_eq(str_cstr(&out), "ab");
    str_clear(&out);
}
END_TEST

/* Libraries get what was opened before, and nothing whose module would have to be loaded. */
START_TEST(test_iconv_open)
{
    static const struct {
        const char *to, *from;
        bool is_open;
    } cases[] = {
        {"UTF-8", "koi8-r", true},
        {"utf-8", "CP1252", true},
        {"UTF-8", "EBCDIC-US", false},
        {"ISO-8859-1", "UTF-8", false},
        {NULL, "UTF-8", false},
        {"UTF-8", NULL, false},
        {"UTF-8//TRANSLIT", "CP1252", false},
    };

    ck_assert(iconv_open("UTF-8", "CP1252") == (iconv_t)-1); /* nothing is open yet */
    charsets_prepare();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        errno = 0;
        iconv_t conversion = iconv_open(cases[i].to, cases[i].from);
        ck_assert_msg((conversion != (iconv_t)-1) == cases[i].is_open, "case %zu", i);
        if (cases[i].is_open)
            iconv_close(conversion);
        else
            ck_assert_int_eq(errno, EINVAL);
    }
}
END_TEST

SUITE_MAIN("inspect/charsets", test_convert, test_state, test_iconv_open)
