/* A daemon's life: options, readiness told to systemd and to the waiting parent. */
#include "base/daemon.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/lib/suite.h"

static void parse(struct daemon_options *options, int argc, char **argv)
{
    optind = 1;
    *options = (struct daemon_options){.program = "tester"};
    daemon_parse_options(argc, argv, options, "usage: tester");
}

START_TEST(test_options)
{
    struct daemon_options options;
    char *none[] = {"tester", NULL};
    char *all[] = {"tester", "-f", "-c", "/x", "-dV", NULL};

    parse(&options, 1, none);
    ck_assert_str_eq(options.config_path, "/etc/postgate/postgate.cf");
    ck_assert(!options.is_foreground && !options.is_debug && !options.wants_version);
    parse(&options, 5, all);
    ck_assert_str_eq(options.config_path, "/x");
    ck_assert(options.is_foreground && options.is_debug && options.wants_version);
    ck_assert(strncmp(daemon_version(), "postgate ", 9) == 0);
}
END_TEST

static int status_of(char *argument)
{
    char *argv[] = {"tester", argument, NULL};
    struct daemon_options options;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL ||
            freopen("/dev/null", "w", stdout) == NULL)
            _exit(78);
        parse(&options, 2, argv);
        _exit(77);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

START_TEST(test_usage)
{
    ck_assert_int_eq(status_of("-x"), 2);
    ck_assert_int_eq(status_of("-c"), 2);
    ck_assert_int_eq(status_of("word"), 2);
    ck_assert_int_eq(status_of("-h"), 0);
    ck_assert_int_eq(status_of("-f"), 77);
}
END_TEST

static int listen_as_systemd(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    memcpy(at.sun_path + 1, name + 1, strlen(name + 1));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

START_TEST(test_notify)
{
    char name[64], text[256] = {0};
    int fd;

    snprintf(name, sizeof(name), "@postgate-test-%d", (int)getpid());
    fd = listen_as_systemd(name);
    daemon_ready("2 sockets");
    ck_assert_int_gt(recv(fd, text, sizeof(text) - 1, 0), 0);
    ck_assert_str_eq(text, "READY=1\nSTATUS=2 sockets");
    memset(text, 0, sizeof(text));
    daemon_stopping();
    ck_assert_int_gt(recv(fd, text, sizeof(text) - 1, 0), 0);
    ck_assert_str_eq(text, "STOPPING=1");
    close(fd);
    setenv("NOTIFY_SOCKET", "relative", 1);
    daemon_ready("nobody hears it");
    unsetenv("NOTIFY_SOCKET");
    daemon_stopping();
}
END_TEST

/* A process that goes into the background, then gets ready or fails; returns the status its parent left with. */
static int background(bool gets_ready)
{
    static const struct daemon_options options = {.program = "tester"};
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        struct err err;

        if (daemon_begin(&options, &err) < 0)
            _exit(9);
        if (gets_ready && prctl(PR_GET_DUMPABLE) == 0)
            daemon_ready("up");
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

START_TEST(test_background)
{
    ck_assert_int_eq(background(true), 0);
    ck_assert_int_eq(background(false), 1);
}
END_TEST

SUITE_MAIN("daemon", test_options, test_usage, test_notify, test_background)
