/* test_params.c - parameters as lenient programs read them, and where the reading stops. */
#include "milter/inspect/mime_params.h"
#include "t/lib/suite.h"
#include "base/str.h"

/* "head; name[section*]=value(shorter)! +": ! odd, + too long. */
static void show(struct str *out, const char *text, size_t limit)
{
    struct arena *arena = arena_new();
    struct field field;

    str_reset(out);
    params_read(arena, span_of(text), limit, &field);
    str_add(out, field.head);
    for (size_t i = 0; i < field.count; i++) {
        const struct param *p = &field.params[i];
        str_printf(out, "; %.*s", SPAN_ARG(p->name));
        if (p->section >= 0 || p->is_extended)
            str_printf(out, "[%d%s]", p->section, p->is_extended ? "*" : "");
        str_printf(out, "=%.*s", SPAN_ARG(p->value));
        if (!span_equal(p->value, p->shorter))
            str_printf(out, "(%.*s)", SPAN_ARG(p->shorter));
    }
    str_adds(out, field.is_odd ? "!" : "");
    str_adds(out, field.is_too_long ? "+" : "");
    arena_free(&arena);
}

START_TEST(test_fields)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"text/plain", "text/plain"},
        {" text/plain ; charset=utf-8", "text/plain; charset=utf-8"},
        {"attachment; FileName=\"a.exe\"", "attachment; filename=a.exe"},
        {"attachment;filename = \"a\\\"b.exe\" ; x=1", "attachment; filename=a\"b.exe; x=1"},
        {"attachment; filename=a b.exe", "attachment; filename=a b.exe(a)"},
        {"attachment; filename=a.exe (c)", "attachment; filename=a.exe (c)(a.exe)"},
        {"attachment; (c; filename=b.txt) filename=a.exe", "attachment; filename=a.exe"},
        {"attachment; ((c) d) filename=a.exe", "attachment; filename=a.exe"},
        {"attachment; (c\\) d) filename=a.exe", "attachment; filename=a.exe"},
        {"attachment; (never closed filename=a.exe", "attachment"},
        {"attachment; filename=\"a.exe", "attachment; filename=a.exe!"},
        {"attachment; filename=\"a.exe\\", "attachment; filename=a.exe\\!"},
        {"attachment; filename=\"a\".exe; y=2", "attachment; filename=a; y=2!"},
        {"attachment; filename=\"a.exe\" (c)", "attachment; filename=a.exe"},
        {"attachment; filename", "attachment!"},
        {"attachment; stray; filename=a", "attachment; filename=a!"},
        {"attachment;;; ;filename=a;;", "attachment; filename=a"},
        {"attachment; =a", "attachment; =a"},
        {"attachment; filename=", "attachment; filename="},
        {"attachment; filename=;x=1", "attachment; filename=; x=1"},
        {"attachment; filename*=utf-8''a%2Eexe", "attachment; filename[-1*]=utf-8''a%2Eexe"},
        {"attachment; filename*0=a; filename*1*=%2E; filename*2=exe",
         "attachment; filename[0]=a; filename[1*]=%2E; filename[2]=exe"},
        {"attachment; filename*1000=a; filename*1001=b",
         "attachment; filename[1000]=a; filename*1001=b"},
        {"attachment; filename*-1=a; filename*x=b", "attachment; filename*-1=a; filename*x=b"},
        {"attachment; *=a; **=b", "attachment; [-1*]=a; *[-1*]=b"},
        {"", ""},
        {";", ""},
        {"; name=a", "; name=a"},
    };
    struct str got = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        show(&got, cases[i].text, 10);
        ck_assert_msg(strcmp(str_cstr(&got), cases[i].want) == 0, "%s\ngives %s", cases[i].text,
                      str_cstr(&got));
    }
    str_clear(&got);
}
END_TEST

/* NUL ends nothing: what a program makes of it is for those who read names to say. */
START_TEST(test_nul)
{
    struct arena *arena = arena_new();
    struct field field;

    params_read(arena, SPAN("attachment; filename=a\0.exe; name=\"b\0.exe\""), 5, &field);
    ck_assert_uint_eq(field.count, 2);
    ck_assert(span_equal(field.params[0].value, SPAN("a\0.exe")));
    ck_assert(span_equal(field.params[1].value, SPAN("b\0.exe")));
    arena_free(&arena);
}
END_TEST

START_TEST(test_limits)
{
    static const struct {
        const char *repeated;
        int count;
        const char *want; /* how it ends */
    } cases[] = {
        {";a=1", 3, "; a=1; a=1; a=1"},
        {";a=1", 4, "; a=1; a=1; a=1+"},
        {";a", 6, "!"},
        {";a", 9, "!+"},
        {";", 100000, "x"},
        {"(", 100000, "x"},
        {";(", 100000, "x"},
    };
    struct str got = STR_EMPTY, text = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str_reset(&text);
        str_adds(&text, "x");
        for (int k = 0; k < cases[i].count; k++)
            str_adds(&text, cases[i].repeated);
        show(&got, str_cstr(&text), 3);
        ck_assert_msg(cases[i].repeated[0] == '('
                          ? got.len == text.len
                          : span_ends(str_span(&got), span_of(cases[i].want)),
                      "%d of %s: %.100s", cases[i].count, cases[i].repeated, str_cstr(&got));
    }
    str_clear(&got);
    str_clear(&text);
}
END_TEST

SUITE_MAIN("inspect/params", test_fields, test_nul, test_limits)
