/* launch.c - starts postgate-inspect and talks to its zygote. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "inspect/launch.h"
#include "base/str.h"

/* Of our environment it gets what a sanitizer's runtime or valgrind needs, no more. */
static const char *const kept[] = {"ASAN_OPTIONS=", "UBSAN_OPTIONS=",   "TSAN_OPTIONS=",
                                   "LSAN_OPTIONS=", "LD_LIBRARY_PATH=", "LLVM_PROFILE_FILE="};
#define SEND_BYTES (256 * 1024) /* the largest packet, whatever the system gives by itself */
#define KEPT_COUNT (sizeof kept / sizeof *kept)

extern char **environ;

static void pick_environment(char *picked[KEPT_COUNT + 1])
{
    size_t count = 0;

    for (char **entry = environ; *entry != NULL && count < KEPT_COUNT; entry++)
        for (size_t i = 0; i < KEPT_COUNT; i++)
            if (strncmp(*entry, kept[i], strlen(kept[i])) == 0 && count < KEPT_COUNT)
                picked[count++] = *entry;
    picked[count] = NULL;
}

int launch_path(char *path, size_t size, struct err *err)
{
    ssize_t len = readlink("/proc/self/exe", path, size - 1);
    char *slash;

    if (len < 0)
        return err_set(err, "the path of this program is not known: is /proc mounted?");
    path[len] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash - path) + sizeof "/postgate-inspect" > size)
        return err_set(err, "the path of this program is too long");
    memcpy(slash, "/postgate-inspect", sizeof "/postgate-inspect");
    return 0;
}

static int spawn(struct launch *launch, const char *program, const char *pool, int its_fd)
{
    char *argv[] = {(char *)(uintptr_t) "postgate-inspect", (char *)(uintptr_t)pool, NULL};
    char *picked[KEPT_COUNT + 1];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int result;

    pick_environment(picked);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, its_fd, WIRE_CONTROL_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, WIRE_CONTROL_FD + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    result = posix_spawn(&launch->pid, program, &actions, &attributes, argv, picked);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

/* A pair, none of whose ends is WIRE_CONTROL_FD or below: dup2 onto itself would keep close-on-exec. */
static int make_pair(int fds[2], struct err *err)
{
    int room = SEND_BYTES;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return err_set(err, "no socket pair: %s", strerror(errno));
    (void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    (void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (fds[1] <= WIRE_CONTROL_FD) {
        int higher = fcntl(fds[1], F_DUPFD_CLOEXEC, WIRE_CONTROL_FD + 1);
        close(fds[1]);
        fds[1] = higher;
    }
    return 0;
}

int launch_start(struct launch *launch, const char *program, const char *pool, struct err *err)
{
    int fds[2], result;

    *launch = (struct launch){.control_fd = -1};
    if (make_pair(fds, err) < 0)
        return -1;
    result = spawn(launch, program, pool, fds[1]);
    close(fds[1]);
    if (result != 0) {
        close(fds[0]);
        launch->pid = 0;
        return err_set(err, "%s could not be started: %s", program, strerror(result));
    }
    launch->control_fd = fds[0];
    return 0;
}

void launch_end(struct launch *launch)
{
    if (launch->control_fd >= 0)
        close(launch->control_fd);
    launch->control_fd = -1;
    if (launch->pid > 0) {
        kill(launch->pid, SIGKILL);
        while (waitpid(launch->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    launch->pid = 0;
}

/* fd: passed along, or -1. */
static int give_order(const struct launch *launch, const struct wire_order *order, int fd)
{
    struct iovec piece = {(void *)(uintptr_t)order, sizeof *order};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    if (fd >= 0) {
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    return sendmsg(launch->control_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

int launch_fork(const struct launch *launch, uint32_t worker, uint64_t memory, struct err *err)
{
    struct wire_order order = {.kind = WIRE_FORK, .worker = worker, .memory = memory};
    int fds[2];

    if (make_pair(fds, err) < 0)
        return -1;
    if (give_order(launch, &order, fds[1]) < 0) {
        err_set(err, "the zygote cannot be reached: %s", strerror(errno));
        close(fds[0]);
        fds[0] = -1;
    }
    close(fds[1]);
    return fds[0];
}

void launch_kill(const struct launch *launch, uint32_t worker)
{
    struct wire_order order = {.kind = WIRE_KILL, .worker = worker};

    (void)give_order(launch, &order, -1);
}

int launch_hear(const struct launch *launch, struct wire_news *news_r)
{
    struct iovec piece = {news_r, sizeof *news_r};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t len = recvmsg(launch->control_fd, &message, MSG_DONTWAIT);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (len != sizeof *news_r)
        return -1;
    news_r->text[sizeof news_r->text - 1] = '\0';
    return 1;
}
