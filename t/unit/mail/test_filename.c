/* Attachment names: each trick, and what is left of it. */
#include "mail/filename.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "t/lib/suite.h"

static const struct {
    const char *what;
    struct span raw;
    const char *text, *extension;
    bool is_deceptive;
} cases[] = {
    {"plain", {"setup.exe", 9}, "setup.exe", "exe", false},
    {"case", {"Setup.EXE", 9}, "Setup.EXE", "exe", false},
    {"two extensions", {"invoice.pdf.exe", 15}, "invoice.pdf.exe", "exe", false},
    {"no extension", {"README", 6}, "README", "", false},
    {"only an extension", {".exe", 4}, ".exe", "exe", false},
    {"trailing dot", {"setup.exe.", 10}, "setup.exe", "exe", false},
    {"trailing blanks and dots", {"setup.exe . . ", 14}, "setup.exe", "exe", false},
    {"blanks in between",
     {"invoice.pdf          .exe", 25},
     "invoice.pdf          .exe",
     "exe",
     false},
    {"blank in the extension", {"setup. exe", 10}, "setup. exe", "exe", false},
    {"Windows directory", {"C:\\temp\\..\\setup.exe", 20}, "setup.exe", "exe", false},
    {"Unix directory", {"../../etc/setup.exe", 19}, "setup.exe", "exe", false},
    {"slash at the end", {"setup.exe/", 10}, "setup.exe", "exe", false},
    {"single quotes", {"'setup.exe'", 11}, "'setup.exe", "exe", false},
    {"what no file may be called", {"setup.exe?*<>|\":;, ", 19}, "setup.exe", "exe", false},
    {"ellipsis",
     {"setup\xe2\x80\xa6"
      "exe",
      11},
     "setup.exe",
     "exe",
     false},
    {"percent", {"setup%2Eexe", 11}, "setup.exe", "exe", false},
    {"percent once only", {"setup%252Eexe", 13}, "setup%2Eexe", "", false},
    {"percent slash", {"a.txt%2fsetup.exe", 17}, "setup.exe", "exe", false},
    {"broken percent", {"100%.exe", 8}, "100%.exe", "exe", false},
    {"percent at the end", {"a.exe%2", 7}, "a.exe%2", "exe%2", false},
    {"NUL within", {"a.txt\0.exe", 10}, "a.txt.exe", "exe", true},
    {"NUL at the end", {"a.exe\0", 6}, "a.exe", "exe", true},
    {"percent NUL", {"a.exe%00.txt", 12}, "a.exe.txt", "txt", true},
    {"folded", {"a\r\n\tb.exe", 9}, "a   b.exe", "exe", false},
    {"control", {"a.e\x01xe", 7}, "a.exe", "exe", true},
    {"right-to-left override",
     {"annex\xe2\x80\xae"
      "txt.exe",
      15},
     "annextxt.exe",
     "exe",
     true},
    {"zero width in the extension", {"a.e\xe2\x80\x8bxe", 8}, "a.exe", "exe", true},
    {"soft hyphen",
     {"a.ex\xc2\xad"
      "e",
      7},
     "a.exe",
     "exe",
     true},
    {"fullwidth", {"a\xef\xbc\x8e\xef\xbd\x85xe", 9}, "a.exe", "exe", false},
    {"one dot leader",
     {"a\xe2\x80\xa4"
      "exe",
      7},
     "a.exe",
     "exe",
     false},
    {"no-break space at the end", {"a.exe\xc2\xa0", 7}, "a.exe", "exe", false},
    {"Latin-1 no-break space", {"a.exe\xa0", 6}, "a.exe", "exe", false},
    {"bad UTF-8", {"\xff.exe", 5}, "\xef\xbf\xbd.exe", "exe", false},
    {"alternate data stream", {"a.exe::$DATA", 12}, "a.exe", "exe", false},
    {"a colon is kept", {"Re: hello.exe", 13}, "Re: hello.exe", "exe", false},
    {"umlaut",
     {"Gr\xc3\xb6\xc3\x9f"
      "e.DOC",
      11},
     "Gr\xc3\xb6\xc3\x9f"
     "e.DOC",
     "doc",
     false},
    {"dots only", {"...", 3}, "", "", false},
    {"empty", {"", 0}, "", "", false},
    {"nothing", {NULL, 0}, "", "", false},
    {"directory only", {"a/", 2}, "a", "", false},
};

START_TEST(test_cases)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct filename name;

        filename_normalize(cases[i].raw, &name);
        ck_assert_msg(strcmp(name.text, cases[i].text) == 0, "%s: %s", cases[i].what,
                      name.text);
        ck_assert_msg(strcmp(name.extension, cases[i].extension) == 0, "%s: %s", cases[i].what,
                      name.extension);
        ck_assert_msg(name.is_deceptive == cases[i].is_deceptive, "%s", cases[i].what);
        ck_assert_uint_eq(name.len, strlen(name.text));
    }
}
END_TEST

/* Of a long name the end counts. */
START_TEST(test_long)
{
    struct str raw = STR_EMPTY;
    struct filename name;

    for (int i = 0; i < 5000; i++)
        str_adds(&raw, "\xc3\xbc");
    str_adds(&raw, ".exe");
    filename_normalize(str_span(&raw), &name);
    ck_assert_uint_le(name.len, FILENAME_BYTES);
    ck_assert_uint_ge(name.len, FILENAME_BYTES - 1);
    ck_assert_str_eq(name.extension, "exe");
    ck_assert_int_eq((unsigned char)name.text[0], 0xc3);
    str_reset(&raw);
    str_adds(&raw, "a.");
    for (int i = 0; i < 1000; i++)
        str_adds(&raw, "x");
    filename_normalize(str_span(&raw), &name);
    ck_assert_uint_eq(name.len, FILENAME_BYTES);
    str_clear(&raw);
}
END_TEST

START_TEST(test_random_bytes)
{
    for (size_t round = 0; round < 3000; round++) {
        unsigned char bytes[700];
        struct filename name;
        struct span rest;

        hash_random(bytes, sizeof(bytes));
        filename_normalize(span_from(bytes, round % sizeof(bytes)), &name);
        rest = span_from(name.text, name.len);
        ck_assert(rest.len <= FILENAME_BYTES && memchr(rest.ptr, '/', rest.len) == NULL);
        while (rest.len > 0)
            ck_assert(!utf8_is_deceptive(utf8_next(&rest)));
    }
}
END_TEST

SUITE_MAIN("filename", test_cases, test_long, test_random_bytes)
