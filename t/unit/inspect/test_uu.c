/* test_uu.c - files that stand in plain text: found however the text comes in, and prose is none. */
#include "base/str.h"
#include "milter/inspect/mime_uu.h"
#include "t/lib/suite.h"

static void note(void *ctx, struct span name)
{
    str_add(ctx, name);
    str_addc(ctx, '|');
}

/* In pieces of so many bytes. */
static void find(struct str *names, const char *text, size_t piece)
{
    struct uu_finder finder = {.len = 0};
    struct span rest = span_of(text);

    str_reset(names);
    while (rest.len > 0) {
        size_t len = rest.len < piece ? rest.len : piece;
        uu_feed(&finder, span_from(rest.ptr, len), note, names);
        rest = span_from(rest.ptr + len, rest.len - len);
    }
    uu_feed(&finder, span_from("", 0), note, names);
}

START_TEST(test_texts)
{
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"uuencode", "hi\r\nbegin 644 setup.exe\r\nM...\r\n", "setup.exe|"},
        {"no line end", "begin 644 setup.exe", "setup.exe|"},
        {"upper case, more blanks", "BEGIN   0755\tSetup.EXE  \n", "Setup.EXE|"},
        {"base64", "begin-base64 644 a.exe\nTVqQAAMA\n", "a.exe|"},
        {"two", "begin 644 a.exe\nend\nbegin 644 b.exe\n", "a.exe|b.exe|"},
        {"name of several words, with data", "begin 644 my file.exe\n#0V%T\n", "my file.exe|"},
        {"without data it is prose", "begin 644 new things\nand so we did\n", ""},
        {"prose", "begin 644\nbegin the day\nbeginning 644 a.exe\nxbegin 644 a.exe\n", ""},
        {"no octal mode", "begin 6 a.exe\nbegin 1234567 a.exe\nbegin 689 a.exe\n", ""},
        {"data below an empty line", "begin 644 my file\n\n#0V%T\n", "my file|"},
        /* Blanks stand for zero bytes; at line ends they get lost on the way, and decoders do without. */
        {"data that lost its blanks", "begin 644 my file.exe\nM35J0\n", "my file.exe|"},
        {"data of base64", "begin-base64 644 my file\nTVqQAAMA\n", "my file|"},
        {"yEnc", "=ybegin line=128 size=9 name=a b.exe\n", "a b.exe|"},
        {"yEnc without a name", "=ybegin line=128 size=9\n", ""},
        {"BinHex", "(This file must be converted with BinHex 4.0)\n\n:$f*TEQKPH\n", "|"},
        {"about BinHex", "(This file must be converted with BinHex 4.0)\nno, it must not\n",
         ""},
        {"empty", "", ""},
    };
    struct str names = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t piece = 1; piece < 70; piece += 23) {
            find(&names, cases[i].text, piece);
            ck_assert_msg(strcmp(str_cstr(&names), cases[i].want) == 0, "%s by %zu: %s",
                          cases[i].name, piece, str_cstr(&names));
        }
    str_clear(&names);
}
END_TEST

START_TEST(test_long_lines)
{
    struct str text = STR_EMPTY, names = STR_EMPTY;

    str_adds(&text, "begin 644 ");
    for (int i = 0; i < 5000; i++)
        str_addc(&text, ' '); /* hides nothing: one blank */
    str_adds(&text, "a.exe\n=ybegin line=128 ");
    for (int i = 0; i < 5000; i++)
        str_addc(&text, 'x'); /* the name is behind what is looked at */
    str_adds(&text, " name=b.exe\n");
    for (int i = 0; i < 100000; i++)
        str_addc(&text, 'M');
    find(&names, str_cstr(&text), 1000);
    ck_assert_str_eq(str_cstr(&names), "a.exe||");
    str_clear(&text);
    str_clear(&names);
}
END_TEST

SUITE_MAIN("inspect/uu", test_texts, test_long_lines)
