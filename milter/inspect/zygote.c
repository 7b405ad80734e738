/* zygote.c - serves the client's orders: fork a worker, kill one; tells how each ended. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "inspect/wire.h"
#include "milter/inspect/passed.h"
#include "milter/inspect/sandbox.h"
#include "milter/inspect/zygote.h"

#define CHILDREN_MAX 1024 /* workers, and those that were killed and are not yet gone */

static struct child {
    pid_t pid; /* 0: free */
    uint32_t worker;
} children[CHILDREN_MAX];

static void tell(enum wire_news_kind kind, uint32_t worker, int32_t value, const char *text)
{
    struct wire_news news = {.kind = kind, .worker = worker};
    struct iovec piece = {&news, sizeof news};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    if (kind == WIRE_STARTED)
        news.pid = value;
    else
        news.status = value;
    snprintf(news.text, sizeof news.text, "%s", text);
    if (sendmsg(WIRE_CONTROL_FD, &message, MSG_NOSIGNAL) < 0)
        _exit(0); /* nobody to work for */
}

static struct child *child_find(pid_t pid)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (children[i].pid == pid)
            return &children[i];
    return NULL;
}

static void fork_worker(const struct worker_kind *kind, const struct wire_order *order,
                        int socket_fd)
{
    struct child *child = child_find(0);
    struct worker_options options = {kind, socket_fd, order->memory, getpid()};
    pid_t pid = child != NULL && socket_fd >= 0 ? fork() : -1;

    if (pid == 0)
        worker_run(&options);
    if (socket_fd >= 0)
        close(socket_fd);
    if (pid < 0) {
        tell(WIRE_ENDED, order->worker, 0, "no process could be made");
        return;
    }
    *child = (struct child){pid, order->worker};
    tell(WIRE_STARTED, order->worker, pid, "");
}

static void kill_worker(uint32_t worker)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (children[i].pid != 0 && children[i].worker == worker)
            kill(children[i].pid, SIGKILL);
}

static void reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = child_find(pid);
        if (child == NULL)
            continue;
        child->pid = 0;
        tell(WIRE_ENDED, child->worker, status, "");
    }
}

/* False when the client is gone. */
static bool serve_order(const struct worker_kind *kind)
{
    struct wire_order order;
    int fd = -1;
    ssize_t len = passed_receive(WIRE_CONTROL_FD, &order, sizeof order, &fd);

    if (len < 0 && errno == EINTR)
        return true;
    if (len <= 0)
        return false;
    if (len == sizeof order && order.kind == WIRE_FORK)
        fork_worker(kind, &order, fd);
    else if (fd >= 0)
        close(fd);
    if (len == sizeof order && order.kind == WIRE_KILL)
        kill_worker(order.worker);
    return true;
}

/* Those the client's group gets are not meant for us: we end when it closes the socket. */
static int take_signals(void)
{
    sigset_t child;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

int zygote_run(const struct worker_kind *kind)
{
    struct pollfd fds[2] = {{.fd = WIRE_CONTROL_FD, .events = POLLIN}, {.events = POLLIN}};
    struct signalfd_siginfo info;
    struct err err;

    fds[1].fd = take_signals();
    if (fds[1].fd < 0 || sandbox_enter(&err) < 0) {
        const char *why = fds[1].fd < 0 ? "signalfd" : err.text;
        tell(WIRE_FAILED, 0, 0, why);
        log_error("%s", why);
        return 1;
    }
    tell(WIRE_READY, 0, 0, "");
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return 1;
        if ((fds[1].revents & POLLIN) != 0) {
            (void)!read(fds[1].fd, &info, sizeof info);
            reap();
        }
        if (fds[0].revents != 0 && !serve_order(kind))
            return 0;
    }
}
