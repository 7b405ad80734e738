/* listen.c - opens the milter's socket and closes it for draining. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "milter/listen.h"

#define BACKLOG 1024

static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    if (fd >= 0)
        close(fd);
    return answers;
}

static int unix_address(struct sockaddr_un *address, const char *path, struct err *err)
{
    struct stat st;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return err_set(err,
                       "milter_socket: the path is longer than %zu bytes; choose a shorter one",
                       sizeof address->sun_path - 1);
    memcpy(address->sun_path, path, strlen(path) + 1);
    if (lstat(path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err,
                       "milter_socket: %s is there and is no socket; remove it or choose "
                       "another path",
                       path);
    if (is_alive(address))
        return err_set(err, "milter_socket: another program listens on %s already", path);
    unlink(path);
    return 0;
}

static int listen_unix(const char *path, struct err *err)
{
    struct sockaddr_un address;
    int fd;

    if (unix_address(&address, path, err) != 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(path, 0660) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    err_set(err,
            "milter_socket: cannot listen on %s: %s; the directory must exist and be writable "
            "for this user",
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

static int listen_inet(const struct socket_address *socket_address, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char port[8];
    int fd, rc;

    snprintf(port, sizeof port, "%u", socket_address->port);
    rc = getaddrinfo(socket_address->host, port, &hints, &found);
    if (rc != 0)
        return err_set(err, "milter_socket: %s: %s", socket_address->host, gai_strerror(rc));
    fd = bind_inet(found);
    if (fd < 0)
        err_set(err, "milter_socket: cannot listen on %s port %s: %s", socket_address->host,
                port, strerror(errno));
    freeaddrinfo(found);
    return fd;
}

int listen_open(const struct socket_address *address, struct err *err)
{
    return address->is_unix ? listen_unix(address->path, err) : listen_inet(address, err);
}

void listen_close(int fd, const struct socket_address *address)
{
    int nothing = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (nothing >= 0) {
        dup3(nothing, fd,
             O_CLOEXEC); /* in one step: libmilter polls fd and never sees it gone */
        close(nothing);
    }
    if (address->is_unix)
        unlink(address->path);
}
