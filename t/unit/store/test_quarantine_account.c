/* test_quarantine_account.c - shares of client networks: by day, by network, for more networks than are told apart; and the copying of messages. */
#include <fcntl.h>
#include "store/quarantine_account.h"
#include "store/quarantine_inside.h"
#include "t/lib/quarantine_samples.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define SHARE 100

static struct err err;

static struct quarantine_account *begin(const char *dir)
{
    const struct quarantine_options options = {
        .dir = dir, .max_percent = 100, .client_bytes = SHARE, .days = 1};

    return quarantine_account_new(&options);
}

static int take(struct quarantine_account *a, const char *client, uint64_t bytes)
{
    return quarantine_account_take(a, span_of(client), bytes, &err);
}

START_TEST(test_networks)
{
    static const struct {
        const char *first, *second;
        bool is_same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.254", true},
        {"192.0.2.1", "192.0.3.1", false},
        {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
        {"2001:db8::1", "2001:db8:0:1::1", false},
        {"192.0.2.1", "::ffff:192.0.2.9", true},
        {"", "no address", true},
        {"", "192.0.2.1", false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct quarantine_account *a = begin("/");
        ck_assert_int_eq(take(a, cases[i].first, SHARE), 0);
        ck_assert_msg(take(a, cases[i].second, 1) == cases[i].is_same, "%s and %s",
                      cases[i].first, cases[i].second);
        quarantine_account_free(&a);
    }
}
END_TEST

START_TEST(test_days)
{
    struct quarantine_account *a = begin("/");
    struct quarantine_usage usage;

    quarantine_account_found(a, SPAN("192.0.2.1"), SET_CLOCK_BEGIN - 1, 500); /* yesterday's */
    quarantine_account_found(a, SPAN("192.0.2.1"), SET_CLOCK_BEGIN, SHARE - 10);
    ck_assert_int_eq(take(a, "192.0.2.1", 10), 0);
    ck_assert_int_eq(take(a, "192.0.2.1", 1), 1);
    ck_assert_msg(strstr(err.text, "quarantine_client_bytes") != NULL, "%s", err.text);
    quarantine_account_removed(a, 10, true); /* deleted: its share stays used */
    ck_assert_int_eq(take(a, "192.0.2.1", 1), 1);
    quarantine_account_untake(a, SPAN("192.0.2.1"), 10); /* not written after all */
    ck_assert_int_eq(take(a, "192.0.2.1", 10), 0);
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    ck_assert_int_eq(take(a, "192.0.2.1", SHARE), 0);
    quarantine_account_untake(a, SPAN("198.51.100.1"), 1000); /* never below nothing */
    ck_assert_int_eq(take(a, "198.51.100.1", SHARE), 0);
    ck_assert_int_eq(take(a, "198.51.100.1", 1), 1);
    quarantine_account_removed(a, UINT64_MAX, true);
    quarantine_account_use(a, &usage);
    ck_assert_uint_eq(usage.bytes, 0);
    quarantine_account_free(&a);
    quarantine_account_free(&a);
}
END_TEST

/* Each counted apart while there is room; the rest share one account, so that room in memory stays bounded. */
START_TEST(test_many_networks)
{
    struct quarantine_account *a = begin("/");
    char client[32];

    for (unsigned i = 0; i < QUARANTINE_MAX_NETWORKS; i++) {
        snprintf(client, sizeof client, "%u.%u.%u.1", i >> 16, i >> 8 & 255, i & 255);
        quarantine_account_found(a, span_of(client), SET_CLOCK_BEGIN, SHARE - i % 2);
    }
    ck_assert_int_eq(take(a, "0.0.6.9", 1), 1);
    ck_assert_int_eq(take(a, "0.0.7.9", 1), 0);
    ck_assert_int_eq(take(a, "0.255.255.9", 1), 0);
    ck_assert_int_eq(take(a, "0.255.255.9", 1), 1);
    ck_assert_int_eq(take(a, "203.0.113.1", SHARE), 0); /* one of the others */
    ck_assert_int_eq(take(a, "198.51.100.1", 1), 1);
    set_clock(SET_CLOCK_BEGIN + SET_CLOCK_DAY);
    ck_assert_int_eq(take(a, "198.51.100.1", SHARE), 0);
    quarantine_account_free(&a);
}
END_TEST

START_TEST(test_no_file_system)
{
    struct quarantine_account *a = begin("/nowhere/at/all");

    ck_assert_int_eq(take(a, "192.0.2.1", 1), -1);
    ck_assert_msg(strstr(err.text, "/nowhere/at/all") != NULL, "%s", err.text);
    quarantine_account_free(&a);
}
END_TEST

/* Where the kernel will not copy (into a file that is only appended to) it is done by hand: the same bytes. */
START_TEST(test_copy)
{
    static const int flags[] = {O_WRONLY, O_WRONLY | O_APPEND};
    static char bytes[300000], back[sizeof bytes];
    char dir[200], path[220], want[65], got[65];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 31 >> 3);
    int from = sample_memfd(bytes, sizeof bytes);
    ck_assert_int_eq(quarantine_hash(from, 0, sizeof bytes, want, &err), 0);
    snprintf(path, sizeof path, "%s/copy", temp_dir_make(dir));
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        int to = open(path, flags[i] | O_CREAT | O_TRUNC, 0600), read_fd;
        ck_assert_int_eq(quarantine_copy(from, to, sizeof bytes, &err), 0);
        read_fd = open(path, O_RDONLY);
        ck_assert_int_eq(read(read_fd, back, sizeof back), (ssize_t)sizeof back);
        ck_assert_mem_eq(back, bytes, sizeof bytes);
        ck_assert_int_eq(quarantine_hash(read_fd, 0, sizeof bytes, got, &err), 0);
        ck_assert_str_eq(got, want);
        ck_assert_int_eq(quarantine_copy(from, to, sizeof bytes + 1, &err), -1);
        ck_assert_str_eq(err.text, "the message is shorter than it should be");
        close(to);
        close(read_fd);
    }
    ck_assert_int_eq(quarantine_hash(from, 0, sizeof bytes + 1, got, &err), -1);
    ck_assert_int_eq(quarantine_hash(from, 1, sizeof bytes - 1, got, &err), 0);
    ck_assert_str_ne(got, want);
    temp_dir_remove(dir);
    close(from);
}
END_TEST

START_TEST(test_copy_without_room)
{
    static const int flags[] = {O_WRONLY, O_WRONLY | O_APPEND};
    int from = sample_memfd("message", 7);
    char sha256[65];

    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        int full = open("/dev/full", flags[i]);
        ck_assert_int_eq(quarantine_copy(from, full, 7, &err), -1);
        ck_assert_msg(strstr(err.text, "No space left") != NULL, "%s", err.text);
        close(full);
    }
    close(from);
    ck_assert_int_eq(quarantine_hash(from, 0, 7, sha256, &err), -1);
    ck_assert_msg(strstr(err.text, "cannot be read: Bad file descriptor") != NULL, "%s",
                  err.text);
}
END_TEST

SUITE_MAIN("store/quarantine_account", test_networks, test_days, test_many_networks,
           test_no_file_system, test_copy, test_copy_without_room)
