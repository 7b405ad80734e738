/* test_settings_print.c - the settings in force: printed so that they read back the same, as lines and as JSON. */
#include <jansson.h>
#include "conf/settings_table.h"
#include "t/lib/suite.h"

#define CHANGED                                                                                \
    "node_name = gate1\nmessage_deadline = 90s\nquarantine_min_free = 1GB\n"                   \
    "policy_socket = unix:/a/b, inet:127.0.0.1:10030\nsplit_recipients = yes\n"

static struct settings *parse(struct span text)
{
    struct str problems = STR_EMPTY;
    struct settings *settings;

    ck_assert_msg(settings_parse(&settings, text, "cf", &problems) == 0, "%s",
                  str_cstr(&problems));
    str_clear(&problems);
    return settings;
}

START_TEST(test_lines)
{
    struct settings *settings = parse(SPAN(CHANGED)), *again;
    struct str changed = STR_EMPTY, all = STR_EMPTY, back = STR_EMPTY;

    settings_print(&changed, settings, true);
    ck_assert_ptr_nonnull(strstr(str_cstr(&changed), "message_deadline = 90s\n"));
    ck_assert_ptr_null(strstr(str_cstr(&changed), "rcpt_deadline"));
    settings_print(&all, settings, false);
    ck_assert_ptr_nonnull(strstr(str_cstr(&all), "rcpt_deadline = 5s\n"));
    again = parse(str_span(&changed));
    settings_print(&back, again, false);
    ck_assert_str_eq(str_cstr(&back), str_cstr(&all));
    str_clear(&changed);
    str_clear(&all);
    str_clear(&back);
    settings_free(&settings);
    settings_free(&again);
}
END_TEST

START_TEST(test_json)
{
    struct settings *settings = parse(SPAN(CHANGED));
    struct str text = STR_EMPTY;
    struct span rest, line;
    size_t count = 0, set = 0;

    settings_print_json(&text, settings);
    rest = str_span(&text);
    while (span_cut(&rest, '\n', &line) && line.len > 0) {
        json_t *row = json_loadb(line.ptr, line.len, 0, NULL);
        ck_assert_msg(row != NULL, "%.*s", SPAN_ARG(line));
        ck_assert_str_eq(json_string_value(json_object_get(row, "name")),
                         settings_table[count].name);
        set += json_integer_value(json_object_get(row, "line")) > 0;
        json_decref(row);
        count++;
    }
    ck_assert_ptr_null(settings_table[count].name);
    ck_assert_uint_eq(set, 5);
    str_clear(&text);
    settings_free(&settings);
}
END_TEST

SUITE_MAIN("conf/settings_print", test_lines, test_json)
