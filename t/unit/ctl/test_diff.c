/* Differences, as `diff -u` would print them; and, over generated texts, that applying them gives the other text. */
#include "t/lib/suite.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "milter/ctl/diff.h"

static const struct {
    const char *name, *from, *to, *want; /* behind the two lines of names */
} cases[] = {
    {"equal", "a\nb\n", "a\nb\n", ""},
    {"both empty", "", "", ""},
    {"from nothing", "", "a\n", "@@ -0,0 +1,1 @@\n+a\n"},
    {"to nothing", "a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
    {"one changed", "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
    {"three lines around", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
     "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
    {"two hunks", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
     "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
    {"near ones join", "a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
     "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"},
    {"no line end", "a", "b", "@@ -1,1 +1,1 @@\n-a\n+b\n"},
    {"an empty line added", "a\n", "a\n\n", "@@ -1,1 +1,2 @@\n a\n+\n"},
    {"repeated lines", "x\nx\n", "x\nx\nx\n", "@@ -1,2 +1,3 @@\n x\n x\n+x\n"},
};

START_TEST(differences_are_printed)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str out = STR_EMPTY, want = STR_EMPTY;
        bool differs = diff_print(&out, span_of(cases[i].from), span_of(cases[i].to), "a", "b");

        if (*cases[i].want)
            str_printf(&want, "--- a\n+++ b\n%s", cases[i].want);
        ck_assert_msg(strcmp(str_cstr(&out), str_cstr(&want)) == 0, "%s:\n%s", cases[i].name,
                      str_cstr(&out));
        ck_assert(differs == (*cases[i].want != '\0'));
        str_clear(&out);
        str_clear(&want);
    }
}
END_TEST

/* Lines of the difference with this mark or a blank before them: with all context in one hunk, one side's text. */
static void side_of(struct str *out, struct span diff, char mark)
{
    struct span line;

    while (span_cut(&diff, '\n', &line)) {
        if (line.len == 0 || (line.ptr[0] != mark && line.ptr[0] != ' '))
            continue;
        if (span_starts(line, SPAN("---")) || span_starts(line, SPAN("+++")))
            continue;
        str_add(out, span_from(line.ptr + 1, line.len - 1));
        str_addc(out, '\n');
    }
}

static void random_text(struct str *out, unsigned *seed)
{
    size_t lines = (size_t)rand_r(seed) % 7;

    for (size_t i = 0; i < lines; i++)
        str_printf(out, "%c\n", 'a' + rand_r(seed) % 3);
}

START_TEST(both_texts_can_be_read_from_it)
{
    unsigned seed = 7;

    for (int i = 0; i < 3000; i++) {
        struct str a = STR_EMPTY, b = STR_EMPTY, out = STR_EMPTY, left = STR_EMPTY,
                   right = STR_EMPTY;

        random_text(&a, &seed);
        random_text(&b, &seed);
        /* Short enough that every line is in the hunk when there is one. */
        if (diff_print(&out, str_span(&a), str_span(&b), "a", "b") && a.len < 10 &&
            b.len < 10) {
            side_of(&left, str_span(&out), '-');
            side_of(&right, str_span(&out), '+');
            ck_assert_msg(span_equal(str_span(&a), str_span(&left)), "round %d:\n%s", i,
                          str_cstr(&out));
            ck_assert_msg(span_equal(str_span(&b), str_span(&right)), "round %d:\n%s", i,
                          str_cstr(&out));
        }
        str_clear(&a);
        str_clear(&b);
        str_clear(&out);
        str_clear(&left);
        str_clear(&right);
    }
}
END_TEST

START_TEST(texts_without_anything_in_common_are_bounded)
{
    struct str a = STR_EMPTY, b = STR_EMPTY, out = STR_EMPTY;

    for (int i = 0; i < 50000; i++) {
        str_printf(&a, "a%d\n", i);
        str_printf(&b, "b%d\n", i);
    }
    ck_assert(diff_print(&out, str_span(&a), str_span(&b), "a", "b"));
    ck_assert(strstr(str_cstr(&out), "@@ -1,50000 +1,50000 @@") != NULL);
    str_clear(&a);
    str_clear(&b);
    str_clear(&out);
}
END_TEST

SUITE_MAIN("ctl/diff", differences_are_printed, both_texts_can_be_read_from_it,
           texts_without_anything_in_common_are_bounded)
