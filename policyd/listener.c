/* listener.c - opens the policy sockets and accepts on them. */
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <event2/listener.h>
#include "policyd/health.h"
#include "base/xalloc.h"
#include "conf/settings.h"
#include "policyd/listener.h"

#define BACKLOG 1024
/* After an accept that failed for want of descriptors: a pause, not a spinning loop. */
#define PAUSE_S 1

struct listener {
    struct evconnlistener *conn;
    struct event *resume;
    char *path; /* unix: to be removed */
};

struct listeners {
    size_t count;
    struct listener each[LISTENERS_MAX];
    void (*accepted)(evutil_socket_t fd);
};

static int fill_unix(const char *path, struct sockaddr_un *sun, struct err *err)
{
    memset(sun, 0, sizeof *sun);
    sun->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof sun->sun_path)
        return err_set(err, "unix:%s: the path is longer than %zu bytes", path,
                       sizeof sun->sun_path - 1);
    memcpy(sun->sun_path, path, strlen(path));
    return 0;
}

/* Nobody answers on a socket that a killed process left behind. */
static int remove_stale(const char *path, const struct sockaddr_un *sun, struct err *err)
{
    struct stat st;
    int fd, connected;

    if (lstat(path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err,
                       "unix:%s: there is a file that is no socket; remove it or name another "
                       "path in policy_socket",
                       path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connected = connect(fd, (const struct sockaddr *)sun, sizeof *sun);
    close(fd);
    if (connected == 0)
        return err_set(err, "unix:%s: another process answers there; stop it first", path);
    if (unlink(path) != 0)
        return err_set(err,
                       "unix:%s: a stale socket cannot be removed: %s; remove it as its owner",
                       path, strerror(errno));
    return 0;
}

static int open_unix(const char *path, struct err *err)
{
    struct sockaddr_un sun;
    int fd;

    if (fill_unix(path, &sun, err) != 0 || remove_stale(path, &sun, err) != 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, "unix:%s: %s", path, strerror(errno));
    if (bind(fd, (struct sockaddr *)&sun, sizeof sun) != 0 || chmod(path, 0660) != 0 ||
        listen(fd, BACKLOG) != 0) {
        err_set(err, "unix:%s: %s; the directory must exist and be writable for this user",
                path, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static int bind_inet(const struct addrinfo *info)
{
    int on = 1, fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_inet(const struct socket_address *address, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *info;
    char port[8];
    int fd, failed;

    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    failed = getaddrinfo(address->host, port, &hints, &info);
    if (failed != 0)
        return err_set(err, "inet:%s:%s: %s", address->host, port, gai_strerror(failed));
    fd = bind_inet(info);
    freeaddrinfo(info);
    if (fd < 0)
        return err_set(err, "inet:%s:%s: %s", address->host, port, strerror(errno));
    return fd;
}

static void on_accept(struct evconnlistener *conn, evutil_socket_t fd, struct sockaddr *address,
                      int size, void *ctx)
{
    struct listeners *listeners = ctx;

    (void)conn, (void)address, (void)size;
    health_set("policy sockets", false, LOG_LEVEL_ERROR, "%s", "");
    listeners->accepted(fd);
}

static void on_resume(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    evconnlistener_enable(ctx);
}

static void on_error(struct evconnlistener *conn, void *ctx)
{
    struct listeners *listeners = ctx;
    const struct timeval pause = {PAUSE_S, 0};

    health_set("policy sockets", true, LOG_LEVEL_ERROR, "cannot accept: %s", strerror(errno));
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->each[i].conn != conn)
            continue;
        evconnlistener_disable(conn);
        event_add(listeners->each[i].resume, &pause);
    }
}

static int open_one(struct listeners *listeners, struct event_base *base, struct span text,
                    struct err *err)
{
    struct listener *listener = &listeners->each[listeners->count];
    struct socket_address address;
    int fd;

    if (listeners->count == LISTENERS_MAX)
        return err_set(err, "more than %d sockets", LISTENERS_MAX);
    if (socket_address_parse(text, &address, err) != 0)
        return -1;
    fd = address.is_unix ? open_unix(address.path, err) : open_inet(&address, err);
    if (fd < 0)
        return -1;
    listener->path = address.is_unix ? xstrdup(address.path) : NULL;
    listener->conn = evconnlistener_new(base, on_accept, listeners,
                                        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    evconnlistener_set_error_cb(listener->conn, on_error);
    listener->resume = evtimer_new(base, on_resume, listener->conn);
    listeners->count++;
    return 0;
}

struct listeners *listeners_open(struct event_base *base, const char *sockets,
                                 void (*accepted)(evutil_socket_t fd), struct err *err)
{
    struct listeners *listeners = xcalloc(1, sizeof *listeners);
    struct span rest = span_of(sockets), one;

    listeners->accepted = accepted;
    while (span_cut(&rest, ',', &one)) {
        if (open_one(listeners, base, span_trim(one), err) != 0) {
            err_prefix(err, "policy_socket");
            listeners_close(&listeners);
            return NULL;
        }
    }
    return listeners;
}

void listeners_close(struct listeners **listeners)
{
    if (*listeners == NULL)
        return;
    for (size_t i = 0; i < (*listeners)->count; i++) {
        struct listener *listener = &(*listeners)->each[i];
        event_free(listener->resume);
        evconnlistener_free(listener->conn);
        if (listener->path != NULL)
            unlink(listener->path);
        xfree(&listener->path);
    }
    xfree(listeners);
}
