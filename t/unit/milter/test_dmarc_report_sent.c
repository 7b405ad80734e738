/* test_dmarc_report_sent.c - what was sent is known again, whatever a crash left of it. */
#include <stdio.h>
#include "base/file.h"
#include "milter/dmarc_report_sent.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define DAY 20413 /* 2025-11-21 */

static char dir[200], path[300];
static struct err err;

static void begin(void)
{
    char name[250];

    temp_dir_make(dir);
    snprintf(name, sizeof name, "%s/milter", dir);
    ck_assert_int_eq(file_make_dir(name, 0700, &err), 0);
    snprintf(path, sizeof path, "%s/milter/dmarc-reports/20251121", dir);
    err_reset(&err);
}

static struct sent *open_day(void)
{
    struct sent *sent = sent_open(dir, DAY, &err);

    ck_assert_msg(sent != NULL, "%s", err.text);
    return sent;
}

static void note(struct sent *sent, enum report_sent state, const char *domain)
{
    ck_assert_int_eq(sent_note(sent, state, domain, "4XYZ", &err), 0);
    ck_assert_int_eq(sent_state(sent, domain), state);
}

START_TEST(test_states)
{
    struct sent *sent;

    begin();
    ck_assert_ptr_null(sent_read(dir, DAY, &err));
    ck_assert_str_eq(err.text, "");
    sent = open_day();
    ck_assert_int_eq(sent_state(sent, "a.example"), REPORT_NOT_SENT);
    note(sent, REPORT_SENDING, "a.example");
    note(sent, REPORT_SENT, "a.example");
    note(sent, REPORT_SENDING, "b.example");
    note(sent, REPORT_NOT_SENT, "b.example");
    note(sent, REPORT_SENDING, "c.example");
    sent_close(&sent);
    for (int i = 0; i < 2; i++) {
        sent = i == 0 ? open_day() : sent_read(dir, DAY, &err);
        ck_assert_int_eq(sent_state(sent, "a.example"), REPORT_SENT);
        ck_assert_int_eq(sent_state(sent, "b.example"), REPORT_NOT_SENT);
        ck_assert_int_eq(sent_state(sent, "c.example"), REPORT_SENDING);
        ck_assert_int_eq(sent_state(sent, "example"), REPORT_NOT_SENT);
        sent_close(&sent);
    }
    ck_assert_int_eq(sent_state(NULL, "a.example"), REPORT_NOT_SENT);
    ck_assert_ptr_null(sent_read(dir, DAY + 1, &err));
    temp_dir_remove(dir);
}
END_TEST

/* A line that was cut off counts for nothing, and spoils none behind it. */
START_TEST(test_torn)
{
    struct sent *sent;

    begin();
    sent = open_day();
    note(sent, REPORT_SENT, "a.example");
    sent_close(&sent);
    FILE *file = fopen(path, "a");
    ck_assert_ptr_nonnull(file);
    fputs("\n\nwhat is this\nsent\nsending b.exam", file);
    fclose(file);
    sent = open_day();
    ck_assert_int_eq(sent_state(sent, "a.example"), REPORT_SENT);
    ck_assert_int_eq(sent_state(sent, "b.exam"), REPORT_NOT_SENT);
    note(sent, REPORT_SENT, "c.example");
    sent_close(&sent);
    sent = open_day();
    ck_assert_int_eq(sent_state(sent, "c.example"), REPORT_SENT);
    sent_close(&sent);
    temp_dir_remove(dir);
}
END_TEST

/* Nothing is sent when it cannot be noted. */
START_TEST(test_troubles)
{
    struct sent *sent;

    begin();
    sent = open_day();
    sent_close(&sent);
    ck_assert_int_eq(truncate(path, 9 * 1024 * 1024), 0);
    ck_assert_ptr_null(sent_open(dir, DAY, &err));
    ck_assert_msg(strstr(err.text, "20251121") != NULL, "%s", err.text);
    remove(path);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_ptr_null(sent_open(dir, DAY, &err));
    remove(path);
    ck_assert_int_eq(symlink("/dev/full", path), 0);
    sent = sent_read(dir, DAY, &err);
    ck_assert_ptr_null(sent);
    temp_dir_remove(dir);
    ck_assert_ptr_null(sent_open(dir, DAY, &err));
}
END_TEST

START_TEST(test_forget)
{
    struct sent *sent;

    begin();
    for (int64_t day = DAY - 3; day <= DAY; day++) {
        sent = sent_open(dir, day, &err);
        ck_assert_ptr_nonnull(sent);
        sent_close(&sent);
    }
    sent_forget(dir, DAY - 1);
    ck_assert_ptr_null(sent_read(dir, DAY - 2, &err));
    sent = sent_read(dir, DAY - 1, &err);
    ck_assert_ptr_nonnull(sent);
    sent_close(&sent);
    sent_forget("/nonexistent", DAY);
    sent_forget(dir, -5);
    ck_assert_int_eq(access(path, F_OK), 0);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("milter/dmarc_report_sent", test_states, test_torn, test_troubles, test_forget)
