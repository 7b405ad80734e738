/* listen.c - opens the milter's socket and closes it for draining. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "conf/socket_listen.h"
#include "milter/listen.h"

int listen_open(const struct socket_address *address, struct err *err)
{
    int fd = socket_listen(address, err);

    return fd >= 0 ? fd : err_prefix(err, "milter_socket");
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
