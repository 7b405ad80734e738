/* The log: lines on stderr as they come out, and states said once. */
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/file.h"
#include "t/lib/suite.h"

static int ends[2];

static void capture(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    file_set_nonblock(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    log_open("tester", true);
}

/* What was logged since, without the time and process of each line. */
static const char *logged(void)
{
    static char text[20000];
    static char found[20000];
    ssize_t n = read(ends[0], text, sizeof(text) - 1);
    char *save = NULL;

    found[0] = '\0';
    text[n > 0 ? n : 0] = '\0';
    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char *what = strstr(line, "] ");

        ck_assert_msg(what != NULL && strstr(line, "Z tester[") != NULL, "%s", line);
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s|", what + 2);
    }
    return found;
}

START_TEST(test_lines)
{
    capture();
    log_debug("not asked for");
    log_info("plain %d", 7);
    log_write(LOG_LEVEL_WARN, "client=192.0.2.1", "line\nend %s", "\x1b\xff\\");
    ck_assert_str_eq(logged(),
                     "info: plain 7|warn: client=192.0.2.1: line\\x0aend \\x1b\\xff\\\\|");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("now");
    log_set_level(LOG_LEVEL_ERROR);
    log_warn("too low");
    log_error("high enough");
    ck_assert_str_eq(logged(), "debug: now|error: high enough|");
}
END_TEST

START_TEST(test_long_lines)
{
    static char text[9000];
    const char *found;

    capture();
    memset(text, 'x', sizeof(text) - 1);
    log_info("%s", text);
    ck_assert_uint_le(strlen(logged()), 4020);
    memset(text, '\n', sizeof(text) - 1);
    log_info("%s", text);
    found = logged();
    ck_assert_uint_le(strlen(found), 4020);
    ck_assert(strstr(found, "\\x0a...|") != NULL);
    log_write(LOG_LEVEL_INFO, text, "%s", text);
    ck_assert_uint_le(strlen(logged()), 4020);
}
END_TEST

START_TEST(test_states)
{
    capture();
    log_state("scanner", false, LOG_LEVEL_WARN, "gone");
    ck_assert_str_eq(logged(), "");
    log_state("scanner", true, LOG_LEVEL_WARN, "gone: %s", "refused");
    log_state("scanner", true, LOG_LEVEL_WARN, "gone: %s", "refused");
    log_state("resolver", true, LOG_LEVEL_ERROR, "slow");
    ck_assert_str_eq(logged(), "warn: scanner: gone: refused|error: resolver: slow|");
    log_state("scanner", false, LOG_LEVEL_WARN, "gone");
    log_state("scanner", false, LOG_LEVEL_WARN, "gone");
    ck_assert_str_eq(logged(), "info: scanner: in order again|");
}
END_TEST

/* More keys than the table holds are logged each time, never lost. */
START_TEST(test_many_states)
{
    static char keys[200][16];

    capture();
    for (int i = 0; i < 200; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        log_state(keys[i], true, LOG_LEVEL_WARN, "bad");
        ck_assert(strlen(logged()) > 0);
    }
    log_state(keys[199], true, LOG_LEVEL_WARN, "bad");
    ck_assert(strlen(logged()) > 0);
}
END_TEST

START_TEST(test_clock)
{
    char buf[24];
    int64_t before = clock_mono_ms();

    ck_assert_str_eq(clock_iso(0, buf), "1970-01-01T00:00:00Z");
    ck_assert_str_eq(clock_iso(-1, buf), "1969-12-31T23:59:59Z");
    ck_assert_str_eq(clock_iso(1795309323999, buf), "2026-11-22T01:02:03Z");
    ck_assert_str_eq(clock_iso(INT64_MAX, buf), "-");
    ck_assert_int_ge(clock_mono_ms(), before);
    ck_assert_int_gt(clock_now_ms(), 1700000000000);
    ck_assert_int_eq(clock_timespec(12345).tv_sec, 12);
    ck_assert_int_eq(clock_timespec(12345).tv_nsec, 345000000);
}
END_TEST

/* A reader that stands still, and reads again. */
START_TEST(test_never_waits)
{
    int64_t start;

    capture();
    ck_assert_int_gt(fcntl(ends[1], F_SETPIPE_SZ, 8192), 0);
    log_never_wait();
    start = clock_mono_ms();
    for (int i = 0; i < 1000; i++)
        log_info("line %d of a thousand", i);
    ck_assert_int_lt(clock_mono_ms() - start, 5000);
    ck_assert_ptr_nonnull(strstr(logged(), "line 0 of a thousand|"));
    log_info("after them");
    ck_assert_ptr_nonnull(strstr(logged(), "after them ("));
    log_info("at last");
    ck_assert_str_eq(logged(), "info: at last|");
}
END_TEST

SUITE_MAIN("log", test_never_waits, test_lines, test_long_lines, test_states, test_many_states,
           test_clock)
