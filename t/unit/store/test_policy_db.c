/* policyd.db: made for its owner alone, refused with a remedy when it is damaged or held. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "store/policy_db.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200], path[300];

static void begin(void)
{
    ck_assert_ptr_nonnull(temp_dir_make(dir));
    snprintf(path, sizeof(path), "%s/policyd.db", dir);
}

START_TEST(test_owner_alone)
{
    struct policy_db *db;
    struct stat st;
    struct err err;

    begin();
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    policy_db_close(&db);
    ck_assert_ptr_null(db);
    db = policy_db_open(path, &err);
    ck_assert_msg(db != NULL, "%s", err.text);
    policy_db_close(&db);
    temp_dir_remove(dir);
}
END_TEST

static void expect_refusal(const char *const words[], size_t count)
{
    struct err err;
    struct policy_db *db = policy_db_open(path, &err);

    ck_assert_ptr_null(db);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(err.text, words[i]) != NULL, "\"%s\" lacks \"%s\"", err.text,
                      words[i]);
}

START_TEST(test_no_database)
{
    const char *const words[] = {path, "no database", "move it away", "backup", "rules_file"};
    struct err err;

    begin();
    ck_assert_int_eq(
        file_replace(path, SPAN("this is a text and no database at all\n"), 0600, &err), 0);
    expect_refusal(words, COUNT_OF(words));
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_damaged)
{
    const char *const words[] = {path, "damaged", "move it away"};
    struct policy_db *db;
    char garbage[4096];
    struct err err;
    int fd;

    begin();
    db = policy_db_open(path, &err);
    policy_db_close(&db);
    memset(garbage, 0x5a, sizeof(garbage));
    fd = open(path, O_RDWR);
    for (int page = 1; page < 6; page++)
        ck_assert_int_eq(pwrite(fd, garbage, sizeof(garbage), page * 4096L), 4096);
    close(fd);
    expect_refusal(words, COUNT_OF(words));
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_later_version)
{
    const char *const words[] = {path, "has format 77"};
    unsigned char version[4] = {0, 0, 0, 77};
    struct policy_db *db;
    struct err err;
    int fd;

    begin();
    db = policy_db_open(path, &err);
    policy_db_close(&db);
    fd = open(path, O_RDWR);
    ck_assert_int_eq(pwrite(fd, version, 4, 60), 4); /* user_version of the file format */
    close(fd);
    expect_refusal(words, COUNT_OF(words));
    temp_dir_remove(dir);
}
END_TEST

/* Waits for POLICY_DB_BUSY_MS, as a daemon does for the one before it. */
START_TEST(test_held)
{
    const char *const words[] = {path, "another process"};
    int ready[2];
    char byte;
    pid_t pid;

    begin();
    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct err err;

        _exit(policy_db_open(path, &err) != NULL && write(ready[1], "x", 1) == 1 && pause());
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    expect_refusal(words, COUNT_OF(words));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_no_directory)
{
    const char *const words[] = {"/nonexistent/policyd.db", "directory"};

    snprintf(path, sizeof(path), "/nonexistent/policyd.db");
    expect_refusal(words, COUNT_OF(words));
}
END_TEST

SUITE_MAIN("policy_db", test_owner_alone, test_no_database, test_damaged, test_later_version,
           test_held, test_no_directory)
