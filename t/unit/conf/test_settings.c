/* Reading good files, printing them back, and that what is printed from the table is what is committed. */
#include <check.h>
#include <stdio.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "conf/lexer.h"
#include "conf/settings_table.h"

static struct settings *parse(const char *text)
{
    struct settings *settings;
    struct str problems = STR_EMPTY;
    int result = settings_parse(&settings, span_of(text), "test.cf", &problems);

    ck_assert_msg(result == 0, "%s", str_cstr(&problems));
    str_clear(&problems);
    return settings;
}

static const struct {
    const char *name, *text, *printed;
} good[] = {
    {"nothing", "", ""},
    {"comments only", "# a\n\n   # b\n", ""},
    {"one", "inspect_workers = 7\n", "inspect_workers = 7\n"},
    {"no blanks, no line end", "inspect_workers=7", "inspect_workers = 7\n"},
    {"line ends of DOS", "inspect_workers = 7\r\nstate_dir = /srv\r\n",
     "state_dir = /srv\ninspect_workers = 7\n"},
    {"continued", "policy_socket =\n unix:/a,\n\tunix:/b\n",
     "policy_socket = unix:/a, unix:/b\n"},
    {"continued over comments", "policy_socket = unix:/a,\n# one more\n\n  unix:/b\n",
     "policy_socket = unix:/a, unix:/b\n"},
    {"largest exact unit", "rcpt_deadline = 2000ms\nmessage_max_bytes = 102400\n",
     "rcpt_deadline = 2s\nmessage_max_bytes = 100KB\n"},
    {"units in any case", "message_max_bytes = 10mb\ntrace_max_age = 48h\n",
     "message_max_bytes = 10MB\ntrace_max_age = 2d\n"},
    {"zero has a unit", "drain_timeout = 0s\nquarantine_min_free = 0\n",
     "drain_timeout = 0ms\nquarantine_min_free = 0\n"},
    {"IPv6 socket", "release_listener = inet:[::1]:10026\n",
     "release_listener = inet:[::1]:10026\n"},
    {"optional, emptied", "staging_listener =\n", "staging_listener = \n"},
    {"a later one", "trusted_authserv_ids = a.example@192.0.2.0/24, b@::1\n",
     "trusted_authserv_ids = a.example@192.0.2.0/24, b@::1\n"},
    {"equals in the value", "state_dir = /srv/a=b\n", "state_dir = /srv/a=b\n"},
    {"hash in the value", "state_dir = /srv/a#b\n", "state_dir = /srv/a#b\n"},
};

START_TEST(good_files_print_back)
{
    struct settings *settings = parse(good[_i].text);
    struct str out = STR_EMPTY;

    settings_print(&out, settings, true);
    ck_assert_msg(strcmp(str_cstr(&out), good[_i].printed) == 0, "%s: %s", good[_i].name,
                  str_cstr(&out));
    str_clear(&out);
    settings_free(&settings);
}
END_TEST

START_TEST(all_printed_reads_back_the_same)
{
    struct settings *settings =
                        parse("node_name = a.example\nredis = unix:/run/r\ncluster_name = "
                              "north\nrcpt_deadline = 1500ms\n"),
                    *again;
    struct str out = STR_EMPTY, second = STR_EMPTY, problems = STR_EMPTY;

    settings_print(&out, settings, false);
    ck_assert_int_eq(settings_parse(&again, str_span(&out), "again", &problems), 0);
    settings_print(&second, again, false);
    ck_assert_str_eq(str_cstr(&out), str_cstr(&second));
    ck_assert_str_eq(again->authserv_id, "a.example");
    ck_assert_int_eq(again->rcpt_deadline, 1500);
    settings_free(&settings);
    settings_free(&again);
    str_clear(&out);
    str_clear(&second);
    str_clear(&problems);
}
END_TEST

START_TEST(defaults_hold_what_the_header_says)
{
    struct settings *settings = parse("");

    ck_assert(*settings->node_name != '\0');
    ck_assert_str_eq(settings->authserv_id, settings->node_name);
    ck_assert_int_eq(settings->rcpt_deadline, 5000);
    ck_assert_int_eq(settings->message_deadline, 60000);
    ck_assert_int_eq(settings->trace_max_age, 5 * 86400);
    ck_assert_int_eq(settings->inspect_memory, 512LL << 20);
    ck_assert_int_eq(settings->quarantine_days, 30);
    ck_assert(!settings->split_recipients);
    ck_assert_str_eq(settings->redis, "");
    for (const struct setting_row *row = settings_table; row->name; row++)
        ck_assert_msg(settings_table_is_default(row, settings) ||
                          settings_table_find(span_of(row->name)) < 2,
                      "%s", row->name);
    settings_free(&settings);
}
END_TEST

START_TEST(rows_are_complete_and_distinct)
{
    for (const struct setting_row *row = settings_table; row->name; row++) {
        ck_assert_msg(row->help && strlen(row->help) > 10, "%s has no help", row->name);
        ck_assert_msg(row->help[strlen(row->help) - 1] == '.', "%s: help ends in no dot",
                      row->name);
        for (const struct setting_row *other = settings_table; other != row; other++) {
            ck_assert_str_ne(row->name, other->name);
            ck_assert_msg(row->offset != other->offset, "%s and %s", row->name, other->name);
        }
    }
}
END_TEST

static const struct {
    const char *path;
    void (*print)(struct str *out);
} printed[] = {
    {"etc/postgate.cf", settings_print_sample},
    {"common/conf/postgate.cf.5", settings_print_man},
};

START_TEST(committed_files_are_those_printed)
{
    struct str want = STR_EMPTY, got = STR_EMPTY;
    struct err err = {""};

    printed[_i].print(&want);
    ck_assert_msg(file_read(printed[_i].path, 1 << 20, &got, &err) == 0, "%s", err.text);
    ck_assert_msg(span_equal(str_span(&want), str_span(&got)),
                  "%s is not what the table prints; `make docs` writes it anew",
                  printed[_i].path);
    str_clear(&want);
    str_clear(&got);
}
END_TEST

START_TEST(the_sample_is_read_without_a_problem_also_uncommented)
{
    struct str sample = STR_EMPTY, open = STR_EMPTY;
    struct settings *settings;
    struct span rest, line;

    settings_print_sample(&sample);
    rest = str_span(&sample);
    while (span_cut(&rest, '\n', &line)) {
        bool is_setting = line.len > 1 && line.ptr[0] == '#' && line.ptr[1] != ' ';

        str_add(&open, is_setting ? span_from(line.ptr + 1, line.len - 1) : line);
        str_addc(&open, '\n');
    }
    settings = parse(str_cstr(&sample));
    settings_free(&settings);
    /* Of the later ones those that may not be empty do not exist; so all defaults read as they stand. */
    settings = parse(str_cstr(&open));
    settings_free(&settings);
    str_clear(&sample);
    str_clear(&open);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct settings *settings;
    struct str problems = STR_EMPTY;

    ck_assert_int_eq(settings_load(&settings, "/nonexistent/postgate.cf", &problems), -1);
    ck_assert_ptr_null(settings);
    ck_assert_msg(strstr(str_cstr(&problems), "/nonexistent/postgate.cf") != NULL, "%s",
                  str_cstr(&problems));
    str_clear(&problems);
}
END_TEST

START_TEST(a_flood_of_problems_is_bounded)
{
    struct settings *settings;
    struct str text = STR_EMPTY, problems = STR_EMPTY;

    for (int i = 0; i < 20000; i++)
        str_adds(&text, "x = 1\n");
    ck_assert_int_eq(settings_parse(&settings, str_span(&text), "f", &problems), -1);
    ck_assert(problems.len < 10000);
    ck_assert(strstr(str_cstr(&problems), "and 19950 more") != NULL);
    str_clear(&text);
    str_clear(&problems);
}
END_TEST

static const struct {
    const char *text;
    bool is_unix;
    const char *path, *host;
    int port;
} sockets[] = {
    {"unix:/run/a", true, "/run/a", "", 0},
    {"inet:localhost:25", false, "", "localhost", 25},
    {"inet:[2001:db8::1]:65535", false, "", "2001:db8::1", 65535},
};

START_TEST(sockets_parse)
{
    struct socket_address address;
    struct err err = {""};

    ck_assert_msg(socket_address_parse(span_of(sockets[_i].text), &address, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(address.is_unix, sockets[_i].is_unix);
    ck_assert_str_eq(address.path, sockets[_i].path);
    ck_assert_str_eq(address.host, sockets[_i].host);
    ck_assert_int_eq(address.port, sockets[_i].port);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    Suite *suite = suite_create("conf/settings");
    TCase *tc = tcase_create("settings");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tc, good_files_print_back, 0, COUNT(good));
    tcase_add_test(tc, all_printed_reads_back_the_same);
    tcase_add_test(tc, defaults_hold_what_the_header_says);
    tcase_add_test(tc, rows_are_complete_and_distinct);
    tcase_add_loop_test(tc, committed_files_are_those_printed, 0, COUNT(printed));
    tcase_add_test(tc, the_sample_is_read_without_a_problem_also_uncommented);
    tcase_add_test(tc, a_missing_file_is_named);
    tcase_add_test(tc, a_flood_of_problems_is_bounded);
    tcase_add_loop_test(tc, sockets_parse, 0, COUNT(sockets));
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
