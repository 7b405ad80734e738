/* postfix_tool.c - starts a tool of Postfix, waits for it with a deadline, and takes its output. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "base/sinks.h"
#include "policyd/maps/postfix_tool.h"

/* command_directory of the usual installations; the environment of a daemon is no guide. */
static const char *const directories[] = {
    "/usr/sbin", "/usr/local/sbin", "/usr/lib/postfix/sbin",
    "/sbin",     "/usr/bin",        "/usr/local/bin"};

struct running {
    pid_t pid;
    int out, errors; /* memfds: a tool that writes a lot is never blocked by us */
};

static bool find_tool(const char *name, char *path, size_t room)
{
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
        snprintf(path, room, "%s/%s", directories[i], name);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static int spawn(struct running *run, const char *path, const char *const *argv)
{
    static const char *const environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                              NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, run->out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, run->errors, STDERR_FILENO);
    /* posix_spawn takes these without const for historical reasons; it changes nothing. */
    failed = posix_spawn(&run->pid, path, &files, &attributes, (char *const *)(uintptr_t)argv,
                         (char *const *)(uintptr_t)environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* The exit status as waitpid gives it, or -1 after the deadline: the tool is killed then. */
static int wait_for(pid_t pid)
{
    struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    bool is_late = ended.fd >= 0 && poll(&ended, 1, POSTFIX_TOOL_TIMEOUT_MS) == 0;
    int status;

    if (is_late)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (ended.fd >= 0)
        close(ended.fd);
    return is_late ? -1 : status;
}

static void take(int fd, const char *name, struct str *out)
{
    if (lseek(fd, 0, SEEK_SET) == 0)
        file_read_fd(fd, name, POSTFIX_TOOL_MAX_OUTPUT, out, NULL);
}

static int err_failed(const char *tool, int status, const struct running *run, struct err *err)
{
    struct str said = STR_EMPTY, shown = STR_EMPTY;

    if (status == -1)
        return err_set(err, "%s did not end within %d s", tool, POSTFIX_TOOL_TIMEOUT_MS / 1000);
    take(run->errors, tool, &said);
    sink_reply(&shown, span_trim(str_span(&said)), 300);
    err_set(err, "%s failed: %s", tool,
            shown.len > 0 ? str_cstr(&shown) : "it does not say why");
    str_clear(&said);
    str_clear(&shown);
    return -1;
}

int postfix_tool_run(const char *const *argv, struct str *out, struct err *err)
{
    struct running run;
    char path[256];
    int failed, status;

    if (!find_tool(argv[0], path, sizeof path))
        return err_set(err,
                       "%s is not installed (looked in /usr/sbin and its like); install "
                       "Postfix, or link the tool into /usr/local/sbin",
                       argv[0]);
    run.out = memfd_create("tool output", MFD_CLOEXEC);
    run.errors = memfd_create("tool errors", MFD_CLOEXEC);
    failed = run.out < 0 || run.errors < 0 ? errno : spawn(&run, path, argv);
    if (failed != 0) {
        err_set(err, "%s cannot be started: %s", path, strerror(failed));
    } else {
        status = wait_for(run.pid);
        failed = status == 0 ? 0 : err_failed(argv[0], status, &run, err);
        if (status == 0)
            take(run.out, argv[0], out);
    }
    close(run.out);
    close(run.errors);
    return failed != 0 ? -1 : 0;
}
