/* What every daemon does at start and end: options, background, readiness, not dumpable. */
#include "base/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define DEFAULT_CONFIG "/etc/postgate/postgate.cf"

/* The waiting parent's pipe, when we went into the background; -1 else. */
static int ready_fd = -1;
static int64_t started_ms; /* written before there are threads */

_Noreturn static void usage_exit(FILE *to, int status, const char *usage)
{
    fprintf(to, "%s\n", usage);
    exit(status);
}

void daemon_parse_options(int argc, char **argv, struct daemon_options *options,
                          const char *usage)
{
    int c;

    options->config_path = DEFAULT_CONFIG;
    while ((c = getopt(argc, argv, "+c:dfhV")) != -1) {
        switch (c) {
        case 'c':
            options->config_path = optarg;
            break;
        case 'd':
            options->is_debug = true;
            break;
        case 'f':
            options->is_foreground = true;
            break;
        case 'V':
            options->wants_version = true;
            break;
        case 'h':
            usage_exit(stdout, 0, usage);
        default:
            usage_exit(stderr, 2, usage);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument \"%s\"\n", options->program, argv[optind]);
        usage_exit(stderr, 2, usage);
    }
}

/* The parent leaves when the child is ready, or with 1 when it ended before: whoever started us learns which. */
static int go_background(struct err *err)
{
    int ends[2];
    pid_t pid;
    char ready;

    if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
        return err_set(err, "cannot go into the background: %m; try -f");
    if (pid > 0) {
        close(ends[1]);
        _exit(read(ends[0], &ready, 1) == 1 ? 0 : 1);
    }
    close(ends[0]);
    ready_fd = ends[1];
    setsid();
    return 0;
}

static int point_at_null(int fd, int flags)
{
    int null = open("/dev/null", flags | O_CLOEXEC);

    if (null < 0 || dup2(null, fd) < 0)
        return -1;
    if (null > STDERR_FILENO)
        close(null);
    return 0;
}

/* Each connection takes some; the usual soft limit of 1024 is for programs that use select(2). */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int daemon_begin(const struct daemon_options *options, struct err *err)
{
    started_ms = clock_now_ms();
    log_open(options->program, options->is_foreground);
    log_never_wait();
    if (options->is_debug)
        log_set_level(LOG_LEVEL_DEBUG);
    umask(0027);
    raise_descriptors();
    if (prctl(PR_SET_DUMPABLE, 0) < 0)
        return err_set(err, "cannot forbid core dumps: %m");
    if (point_at_null(STDIN_FILENO, O_RDONLY) < 0)
        return err_set(err, "/dev/null cannot be opened: %m");
    if (!options->is_foreground && go_background(err) < 0)
        return -1;
    if (geteuid() == 0)
        log_warn("running as root; start it as a user of its own, as the units do");
    return 0;
}

/* sd_notify(3)'s protocol: one datagram to the socket that systemd names; '@' is the abstract namespace. */
static void notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path != NULL ? strlen(path) : 0;
    int fd;

    if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@')
        to.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        log_warn("systemd could not be told \"%s\": %m", text);
    close(fd);
}

static void release_parent(void)
{
    if (ready_fd < 0)
        return;
    point_at_null(STDOUT_FILENO, O_WRONLY);
    point_at_null(STDERR_FILENO, O_WRONLY);
    if (write(ready_fd, "", 1) < 0)
        log_warn("the process that started us is gone: %m");
    close(ready_fd);
    ready_fd = -1;
}

void daemon_ready(const char *status)
{
    char text[256];

    snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
    notify(text);
    release_parent();
    log_info("ready: %s", status);
}

void daemon_stopping(void)
{
    notify("STOPPING=1");
}

int64_t daemon_started_ms(void)
{
    return started_ms;
}

const char *daemon_version(void)
{
    return "postgate " POSTGATE_VERSION;
}
