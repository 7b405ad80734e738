/* Whole files: read within a limit, replaced at once, made once. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "t/lib/suite.h"

static char dir[] = "/tmp/postgate-file-XXXXXX";
static struct err err;

static char *in_dir(const char *name)
{
    return file_path(dir, name);
}

static void make_dir(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
    static const char *const names[] = {"a", "key", "sub"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *path = in_dir(names[i]);

        remove(path);
        xfree(&path);
    }
    ck_assert_msg(rmdir(dir) == 0, "something was left behind in %s", dir);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 07777;
}

START_TEST(test_replace)
{
    char *path = in_dir("a");
    struct str found = STR_EMPTY;

    umask(0077);
    ck_assert_int_eq(file_replace(path, SPAN("one"), 0644, &err), 0);
    ck_assert_int_eq(file_replace(path, SPAN("two\0x"), 0640, &err), 0);
    ck_assert_uint_eq(mode_of(path), 0640);
    ck_assert_int_eq(file_read(path, 5, &found, &err), 0);
    ck_assert(span_equal(str_span(&found), SPAN("two\0x")));
    ck_assert_int_eq(file_read(path, 4, &found, &err), -1);
    ck_assert_msg(strstr(err.text, "larger than the 4 bytes allowed") != NULL, "%s", err.text);
    ck_assert_int_eq(file_remove(path), 0);
    ck_assert_int_eq(file_remove(path), 0);
    ck_assert_int_eq(file_read(path, 5, &found, &err), -1);
    ck_assert_msg(strstr(err.text, "No such file") != NULL, "%s", err.text);
    str_clear(&found);
    xfree(&path);
}
END_TEST

START_TEST(test_replace_fails)
{
    ck_assert_int_eq(file_replace("/nowhere/at/all", SPAN("x"), 0600, &err), -1);
    ck_assert_msg(strstr(err.text, "/nowhere/at/all") != NULL, "%s", err.text);
    ck_assert_int_eq(file_make_dir("/nowhere/at/all", 0700, &err), -1);
    ck_assert_int_eq(file_make_dir("/dev/null", 0700, &err), -1);
    ck_assert_msg(strstr(err.text, "is no directory") != NULL, "%s", err.text);
}
END_TEST

START_TEST(test_dir)
{
    char *path = in_dir("sub");

    umask(0077);
    ck_assert_int_eq(file_make_dir(path, 02770, &err), 0);
    ck_assert_uint_eq(mode_of(path), 02770);
    ck_assert_int_eq(file_make_dir(path, 0700, &err), 0);
    xfree(&path);
}
END_TEST

/* Several processes at once: all read the same key. */
START_TEST(test_make_once)
{
    char *path = in_dir("key");
    uint8_t mine[32], found[32];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < 8; i++) {
        if (fork() == 0) {
            hash_random(mine, sizeof(mine));
            if (file_make_once(path, span_from(mine, 32), 0640, found, &err) == 0)
                file_write_all(ends[1], span_from(found, 32));
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
    close(ends[1]);
    ck_assert_int_eq(file_make_once(path, span_from(mine, 32), 0640, found, &err), 0);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(read(ends[0], mine, 32), 32);
        ck_assert(hash_equal(mine, found, 32));
    }
    close(ends[0]);
    ck_assert_int_eq(file_make_once(path, span_from(mine, 16), 0640, found, &err), -1);
    ck_assert_int_eq(file_replace(path, SPAN("short"), 0600, &err), 0);
    ck_assert_int_eq(file_make_once(path, span_from(mine, 32), 0640, found, &err), -1);
    ck_assert_msg(strstr(err.text, "holds 5 bytes instead of 32") != NULL, "%s", err.text);
    xfree(&path);
}
END_TEST

START_TEST(test_flags)
{
    int fd = open("/dev/null", O_RDONLY);

    ck_assert_int_eq(file_set_cloexec(fd), 0);
    ck_assert_int_eq(file_set_nonblock(fd), 0);
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    close(fd);
    ck_assert_int_eq(file_set_cloexec(fd), -1);
    ck_assert_int_eq(file_write_all(fd, SPAN("x")), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, make_dir, remove_dir);
    tcase_add_test(tcase, test_replace);
    tcase_add_test(tcase, test_replace_fails);
    tcase_add_test(tcase, test_dir);
    tcase_add_test(tcase, test_make_once);
    tcase_add_test(tcase, test_flags);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
