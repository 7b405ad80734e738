/* A full disk: what cannot be durable is refused and leaves nothing behind; room can be made; everything goes on afterwards. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "store/decisions.h"
#include "store/revisions.h"
#include "t/lib/quarantine_samples.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define PLENTY 1000000000

static char dir[200], ballast_path[300];
static struct err err;

/* A small file system of our own, in a name space of this process. False when we may not: the test passes by. */
static bool begin(const char *size)
{
    char options[64];

    temp_dir_make(dir);
    snprintf(options, sizeof(options), "size=%s", size);
    snprintf(ballast_path, sizeof(ballast_path), "%s/ballast", dir);
    if (unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount("tmpfs", dir, "tmpfs", 0, options) == 0)
        return true;
    temp_dir_remove(dir);
    return false;
}

static void end(void)
{
    ck_assert_int_eq(umount2(dir, MNT_DETACH), 0);
    ck_assert_int_eq(rmdir(dir), 0);
}

static void fill_disk(void)
{
    char page[4096] = {0};
    int fd = open(ballast_path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    while (write(fd, page, sizeof(page)) > 0)
        ;
    close(fd);
}

static void expect_empty_tmp(const char *quarantine_dir)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/tmp", quarantine_dir);
    ck_assert_int_eq(rmdir(path), 0); /* only an empty one can be removed */
}

START_TEST(test_quarantine)
{
    struct quarantine_usage before, after;
    struct quarantine *q;
    char id[QUARANTINE_ID_SIZE], other[QUARANTINE_ID_SIZE];

    if (!begin("2m"))
        return;
    q = sample_open(dir, NULL, PLENTY);
    sample_put(q, id);
    quarantine_use(q, &before);
    fill_disk();
    ck_assert_int_ne(sample_put_from(q, "192.0.2.1", "", other, &err), QUARANTINE_STORED);
    quarantine_use(q, &after);
    ck_assert_uint_eq(after.bytes, before.bytes);
    sample_check_message(q, id);
    ck_assert_msg(quarantine_delete(q, id, "to make room", &err) == 1, "%s", err.text);
    ck_assert_int_eq(unlink(ballast_path), 0);
    sample_put(q, other);
    quarantine_close(&q);
    expect_empty_tmp(dir);
    end();
}
END_TEST

/* Without a file system of our own: the file may not grow, which fails in the middle of writing. */
START_TEST(test_quarantine_short_write)
{
    struct rlimit limit = {300000, RLIM_INFINITY};
    struct quarantine_entry e = {.client = SPAN("192.0.2.1")};
    char id[QUARANTINE_ID_SIZE];
    char *bytes = calloc(1, 1000000);
    struct quarantine *q;
    int fd;

    temp_dir_make(dir);
    signal(SIGXFSZ, SIG_IGN);
    q = sample_open(dir, NULL, PLENTY);
    fd = sample_memfd(bytes, 1000000);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(quarantine_put(q, &e, fd, id, &err), QUARANTINE_FAILED);
    ck_assert_msg(strstr(err.text, "cannot be written") != NULL, "%s", err.text);
    sample_put(q, id);
    quarantine_close(&q);
    expect_empty_tmp(dir);
    close(fd);
    free(bytes);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_decisions)
{
    struct decision_record record = {.disposition = SPAN("reject")};
    struct decisions_counters counters;
    struct decision_ticket ticket, last = {{0}, ""};
    struct decisions_options options = {dir, DECISION_MILTER, NULL, 14, PLENTY};
    struct decisions *d;
    struct node_key key;
    char *facts;

    if (!begin("2m"))
        return;
    facts = calloc(1, 500000);
    ck_assert_int_eq(node_key_load(dir, &key, &err), 0);
    options.key = &key;
    d = decisions_open(&options, &err);
    fill_disk();
    record.facts = span_from(facts, 500000);
    for (int i = 0; i < 3 * DECISIONS_BLOCK; i++) { /* codes go on, past what is reserved */
        decisions_reserve(d, &ticket);
        ck_assert_str_ne(ticket.code, last.code);
        last = ticket;
    }
    decisions_put(d, &ticket, &record);
    ck_assert(decisions_flush(d, 20000));
    decisions_count(d, &counters);
    ck_assert(counters.dropped == 1 && counters.is_failing);
    ck_assert_int_eq(unlink(ballast_path), 0);
    decisions_reserve(d, &ticket);
    decisions_put(d, &ticket, &record);
    ck_assert(decisions_flush(d, 20000));
    decisions_count(d, &counters);
    ck_assert(counters.written == 1 && !counters.is_failing);
    decisions_close(&d);
    free(facts);
    end();
}
END_TEST

START_TEST(test_policy_db)
{
    char *text, path[300];
    struct revision_draft draft = {.author = "root", .base = REVISIONS_ANY_BASE};
    struct revision head;
    struct policy_db *db;
    uint64_t number;

    if (!begin("2m"))
        return;
    text = calloc(1, 200001);
    draft.text = span_from(text, 200000);
    snprintf(path, sizeof(path), "%s/policyd.db", dir);
    db = policy_db_open(path, &err);
    ck_assert_int_eq(revisions_add(db, &draft, &number, &err), 1);
    fill_disk();
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(revisions_add(db, &draft, &number, &err), -1);
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
    ck_assert_int_eq(revisions_head(db, &head, &err), 1);
    ck_assert_uint_eq(head.number, 1);
    revision_clear(&head);
    ck_assert_int_eq(unlink(ballast_path), 0);
    ck_assert_msg(revisions_add(db, &draft, &number, &err) == 1, "%s", err.text);
    ck_assert_uint_eq(number, 2);
    policy_db_close(&db);
    free(text);
    end();
}
END_TEST

SUITE_MAIN("full_disk", test_quarantine, test_quarantine_short_write, test_decisions,
           test_policy_db)
