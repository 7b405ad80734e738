/* Headers as DKIM takes them: where fields begin and end, and which of them a list of names selects. */
#include "mail/dkim_header.h"

#include "t/lib/suite.h"

/* Each field as "name=value|", then what is left for the body. */
static const struct {
    struct span message;
    const char *fields, *body;
} splits[] = {
    {{"A: 1\r\nB: 2\r\n\r\nbody", 18}, "A= 1|B= 2|", "body"},
    {{"A: 1\r\n\t2\r\n 3\r\nB:\r\n\r\n", 20}, "A= 1\r\n\t2\r\n 3|B=|", ""},
    {{"A: 1\r\n\r\n 2\r\n", 12}, "A= 1|", " 2\r\n"},
    {{"A: 1\n\nB: 2\n", 11}, "A= 1|", "B: 2\n"},
    {{"A: 1\r\n \r\nB: 2\r\n\r\n", 17}, "A= 1\r\n |B= 2|", ""},
    {{"A: 1\r\nno colon\r\n more\r\nB : 2\r\n\r\n", 32}, "A= 1|B = 2|", ""},
    {{"A: 1\rB: 2\r\n\r\n", 13}, "A= 1\rB: 2|", ""},
    {{"A: 1", 4}, "A= 1|", ""},
    {{"A: 1\r", 5}, "A= 1\r|", ""},
    {{" x: 1\r\n\r\n", 9}, " x= 1|", ""},
    {{":\r\n\r\n", 5}, "=|", ""},
    {{"\r\nA: 1\r\n", 8}, "", "A: 1\r\n"},
    {{"", 0}, "", ""},
};

START_TEST(test_split)
{
    for (size_t i = 0; i < COUNT_OF(splits); i++) {
        struct arena *arena = arena_new();
        struct dkim_header header;
        struct span body;
        struct str got = STR_EMPTY;

        dkim_header_read(splits[i].message, arena, &header, &body);
        for (size_t k = 0; k < header.count; k++)
            str_printf(&got, "%.*s=%.*s|", SPAN_ARG(header.fields[k].name),
                       SPAN_ARG(header.fields[k].value));
        ck_assert_msg(strcmp(str_cstr(&got), splits[i].fields) == 0, "%s gives %s",
                      splits[i].message.ptr, str_cstr(&got));
        ck_assert_msg(span_is(body, splits[i].body), "%s leaves %.*s", splits[i].message.ptr,
                      SPAN_ARG(body));
        str_clear(&got);
        arena_free(&arena);
    }
}
END_TEST

static const char several[] = "A: 1\r\nB: 2\r\na : 3\r\nC: 4\r\nA: 5\r\n\r\n";

static const struct {
    const char *names, *relaxed;
    size_t skip;
} selections[] = {
    {"a", "a:5\r\n", DKIM_NO_FIELD},
    {"A:a", "a:5\r\na:3\r\n", DKIM_NO_FIELD},
    {"a:b:a:A:a", "a:5\r\nb:2\r\na:3\r\na:1\r\n", DKIM_NO_FIELD},
    {" c :\r\n\tx: c", "c:4\r\n", DKIM_NO_FIELD},
    {"x", "", DKIM_NO_FIELD},
    {"", "", DKIM_NO_FIELD},
    {"a:a:a", "a:5\r\na:1\r\n", 2},
    {"a", "a:3\r\n", 4},
    {"b", "", 1},
};

START_TEST(test_selections)
{
    struct arena *arena = arena_new();
    struct dkim_header header;
    struct span body;

    dkim_header_read(span_of(several), arena, &header, &body);
    ck_assert_uint_eq(header.group_count, 3);
    for (size_t i = 0; i < COUNT_OF(selections); i++) {
        struct str got = STR_EMPTY;

        ck_assert(dkim_header_select(&header, span_of(selections[i].names), DKIM_RELAXED,
                                     selections[i].skip, &got));
        ck_assert_msg(strcmp(str_cstr(&got), selections[i].relaxed) == 0, "%s gives %s",
                      selections[i].names, str_cstr(&got));
        str_clear(&got);
    }
    arena_free(&arena);
}
END_TEST

/* Many fields of few names, in any number: each group in the order of the header. */
START_TEST(test_order)
{
    for (size_t count = 1; count < 700; count += 37) {
        struct arena *arena = arena_new();
        struct dkim_field *fields = arena_array(arena, count, sizeof *fields);
        struct dkim_header header;
        size_t seen = 0;

        for (size_t i = 0; i < count; i++)
            fields[i].name =
                span_of(arena_printf(arena, "%c%zu", i % 2 ? 'x' : 'X', i * 7 % 13));
        dkim_header_index(fields, count, arena, &header);
        for (size_t g = 0; g < header.group_count; g++) {
            const struct dkim_group *group = &header.groups[g];

            ck_assert_ptr_eq(dkim_header_group(&header, group->name), group);
            for (uint32_t k = group->first; k < group->first + group->count; k++) {
                ck_assert(span_iequal(fields[header.by_name[k]].name, group->name));
                ck_assert(k == group->first || header.by_name[k - 1] < header.by_name[k]);
                seen++;
            }
        }
        ck_assert_uint_eq(seen, count);
        ck_assert_ptr_null(dkim_header_group(&header, SPAN("y")));
        arena_free(&arena);
    }
}
END_TEST

START_TEST(test_limits)
{
    struct arena *arena = arena_new();
    struct dkim_header header;
    struct str message = STR_EMPTY, names = STR_EMPTY, out = STR_EMPTY;
    struct span body;

    for (int i = 0; i < DKIM_FIELDS_MAX; i++)
        str_printf(&message, "X: %d\r\n", i);
    dkim_header_read(str_span(&message), arena, &header, &body);
    ck_assert(!header.is_cut);
    str_adds(&message, "From: a\r\n");
    dkim_header_read(str_span(&message), arena, &header, &body);
    ck_assert(header.is_cut);
    ck_assert_uint_eq(header.count, DKIM_FIELDS_MAX);
    for (int i = 1; i < DKIM_NAMES_MAX; i++)
        str_adds(&names, "x:");
    ck_assert(dkim_header_select(&header, str_span(&names), DKIM_SIMPLE, DKIM_NO_FIELD, &out));
    str_adds(&names, "x:x");
    ck_assert(!dkim_header_select(&header, str_span(&names), DKIM_SIMPLE, DKIM_NO_FIELD, &out));
    str_clear(&message);
    str_clear(&names);
    str_clear(&out);
    arena_free(&arena);
}
END_TEST

SUITE_MAIN("dkim_header", test_split, test_selections, test_order, test_limits)
