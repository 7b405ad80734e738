/* What reaches standard output: JSON lines, records, tables; foreign bytes escaped on a terminal and in JSON. */
#include "t/lib/suite.h"
#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "milter/ctl/print.h"

static int saved;

static void capture_begin(void)
{
    FILE *file = tmpfile();

    ck_assert(file != NULL);
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    fclose(file);
}

static void capture_end(struct str *out)
{
    fflush(stdout);
    lseek(STDOUT_FILENO, 0, SEEK_SET);
    ck_assert(file_read_fd(STDOUT_FILENO, "captured", 1 << 20, out, NULL) == 0);
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

static json_t *load(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    ck_assert_msg(value != NULL, "%s", text);
    return value;
}

static const struct {
    const char *name, *row;
    bool is_json;
    const char *want;
} rows[] = {
    {"a line", "{\"b\":1,\"a\":\"x\"}", true, "{\"v\":1,\"b\":1,\"a\":\"x\"}\n"},
    {"JSON is ASCII", "{\"a\":\"\\u00e9\\u202e\"}", true,
     "{\"v\":1,\"a\":\"\\u00E9\\u202E\"}\n"},
    {"scalars", "{\"a_b\":1,\"c\":true,\"d\":\"t\"}", false,
     "a b:          1\nc:            yes\nd:            t\n"},
    {"empty ones are left out", "{\"a\":\"\",\"b\":[],\"c\":{},\"d\":null}", false, ""},
    {"one element", "{\"to\":[\"a@b\"]}", false, "to:           a@b\n"},
    {"several", "{\"to\":[\"a\",\"b\"]}", false, "to:\n  a\n  b\n"},
    {"objects", "{\"facts\":{\"client.ip\":\"::1\"}}", false, "facts:\n  client.ip:    ::1\n"},
    {"objects in a list", "{\"l\":[{\"a\":1},{\"b\":2}]}", false,
     "l:\n  a:            1\n\n  b:            2\n"},
    {"a line end behind it", "{\"a\":\"x\\n\"}", false, "a:            x\n"},
    {"lines", "{\"a\":\"x\\n y\\u001b\\n\"}", false, "a:\n  x\n   y\\x1b\n"},
    {"names of facts stay", "{\"next_x\":{\"route.next_hops\":\"a\",\"x\":\"b\"}}", false,
     "next x:\n  route.next_hops: a\n  x:               b\n"},
    {"escapes", "{\"a\":\"x\\u001b[31m\\u202e\"}", false,
     "a:            x\\x1b[31m\\u{202e}\n"},
};

START_TEST(rows_are_printed)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ctl ctl = {.is_json = rows[i].is_json};
        struct str out = STR_EMPTY;
        json_t *row = load(rows[i].row);

        capture_begin();
        print_row(&ctl, row);
        capture_end(&out);
        ck_assert_msg(strcmp(str_cstr(&out), rows[i].want) == 0, "%s:\n%s", rows[i].name,
                      str_cstr(&out));
        json_decref(row);
        str_clear(&out);
    }
}
END_TEST

START_TEST(deep_values_end)
{
    struct ctl ctl = {0};
    struct str text = STR_EMPTY, out = STR_EMPTY;
    json_t *row;

    for (int i = 0; i < 500; i++)
        str_adds(&text, "{\"a\":[");
    str_adds(&text, "1");
    for (int i = 0; i < 500; i++)
        str_adds(&text, "]}");
    row = load(str_cstr(&text));
    capture_begin();
    print_row(&ctl, row);
    capture_end(&out);
    ck_assert(out.len > 0);
    json_decref(row);
    str_clear(&text);
    str_clear(&out);
}
END_TEST

static const struct column columns[] = {
    {"NAME", "name", false}, {"N", "n", true}, {"TO", "to", false}, {NULL, NULL, false}};

START_TEST(tables_are_as_wide_as_their_cells)
{
    struct ctl ctl = {0};
    struct table table;
    struct str out = STR_EMPTY;
    json_t *first = load("{\"name\":\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\",\"n\":5,"
                         "\"to\":[\"a\",\"b\"]}"),
           *second = load("{\"name\":\"x\\n\",\"n\":1000}");

    capture_begin();
    table_begin(&table, &ctl, columns);
    table_row(&table, first);
    table_row(&table, second);
    table_end(&table, NULL);
    capture_end(&out);
    ck_assert_str_eq(str_cstr(&out),
                     "NAME       N  TO\n"
                     "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9     5  a, b\n"
                     "x\\x0a   1000\n");
    json_decref(first);
    json_decref(second);
    str_clear(&out);
}
END_TEST

START_TEST(bytes_are_escaped_on_a_terminal_alone)
{
    struct ctl terminal = {.is_terminal = true}, pipe_end = {0};
    struct str out = STR_EMPTY;
    struct span bytes = SPAN("a\x1b[2J\n\xff\n");

    capture_begin();
    print_bytes(&terminal, bytes);
    print_bytes(&pipe_end, bytes);
    capture_end(&out);
    ck_assert_str_eq(str_cstr(&out), "a\\x1b[2J\n\\xff\na\x1b[2J\n\xff\n");
    str_clear(&out);
}
END_TEST

static enum colour red(struct span line)
{
    return span_starts(line, SPAN("-")) ? COLOUR_RED : COLOUR_NONE;
}

START_TEST(colours_are_ours_alone)
{
    struct ctl terminal = {.is_terminal = true, .has_colour = true}, pipe_end = {0};
    struct str out = STR_EMPTY;
    struct span bytes = SPAN("-a\x1b[2J\n b\n");

    capture_begin();
    print_coloured(&terminal, bytes, red);
    print_coloured(&pipe_end, SPAN("-a\n"), red);
    capture_end(&out);
    ck_assert_str_eq(str_cstr(&out), "\x1b[31m-a\\x1b[2J\x1b[0m\n b\n-a\n");
    str_clear(&out);
}
END_TEST

SUITE_MAIN("ctl/print", rows_are_printed, deep_values_end, tables_are_as_wide_as_their_cells,
           bytes_are_escaped_on_a_terminal_alone, colours_are_ours_alone)
