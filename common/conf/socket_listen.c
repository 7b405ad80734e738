/* socket_listen.c - binds the socket of a daemon, unix or TCP. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "conf/socket_listen.h"

#define BACKLOG 1024

/* Only a refusal says that nobody is there: a full queue, another kind of socket or one of another user is not ours to remove. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_refused = fd >= 0 &&
                      connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
                      errno == ECONNREFUSED;

    if (fd >= 0)
        close(fd);
    return !is_refused;
}

/* What stands at the path already: nothing, a socket nobody answers on, which goes, or a reason to refuse. */
static int make_way(const char *path, const struct sockaddr_un *address, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, "%s is there and is no socket; remove it or choose another path",
                       path);
    if (is_alive(address))
        return err_set(err,
                       "%s: another process answers there, or may; stop it first, or remove "
                       "the socket as its owner",
                       path);
    if (unlink(path) != 0)
        return err_set(err, "%s: a stale socket cannot be removed: %s; remove it as its owner",
                       path, strerror(errno));
    return 0;
}

static int listen_unix(const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return err_set(err, "%s is longer than %zu bytes; choose a shorter path", path,
                       sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (make_way(path, &address, err) != 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(path, 0660) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    err_set(err,
            "cannot listen on %s: %s; the directory must exist and be writable for this user",
            path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int bind_inet(const struct addrinfo *found)
{
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static int listen_inet(const struct socket_address *address, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char port[8];
    int fd, failed;

    snprintf(port, sizeof port, "%u", (unsigned)address->port);
    failed = getaddrinfo(address->host, port, &hints, &found);
    if (failed != 0)
        return err_set(err, "%s: %s", address->host, gai_strerror(failed));
    fd = bind_inet(found);
    if (fd < 0)
        err_set(err, "cannot listen on %s port %s: %s", address->host, port, strerror(errno));
    freeaddrinfo(found);
    return fd;
}

int socket_listen(const struct socket_address *address, struct err *err)
{
    return address->is_unix ? listen_unix(address->path, err) : listen_inet(address, err);
}
