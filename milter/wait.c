/* wait.c - the one place where a callback waits, and the kick that keeps libmilter's pool from stranding others. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "milter/wait.h"

#define SHORT_WAIT_MS 2

static struct sockaddr_storage own_address;
static socklen_t own_length; /* 0: nothing to kick */

static void wait_init_inet(const struct socket_address *own_socket)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof port, "%u", own_socket->port);
    if (getaddrinfo(own_socket->host, port, &hints, &found) != 0)
        return;
    memcpy(&own_address, found->ai_addr, found->ai_addrlen);
    own_length = found->ai_addrlen;
    freeaddrinfo(found);
}

void wait_init(const struct socket_address *own_socket)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&own_address;

    own_length = 0;
    if (!own_socket->is_unix) {
        wait_init_inet(own_socket);
        return;
    }
    if (strlen(own_socket->path) >= sizeof address->sun_path)
        return;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, own_socket->path, strlen(own_socket->path) + 1);
    own_length = sizeof *address;
}

/* Costs one close callback of a session that was never opened. */
static void wait_kick(void)
{
    int fd;

    if (own_length == 0)
        return;
    fd = socket(own_address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)!connect(fd, (const struct sockaddr *)&own_address, own_length);
    close(fd);
}

bool wait_for(struct mailbox *mailbox, int64_t deadline_mono_ms)
{
    int64_t soon = clock_mono_ms() + SHORT_WAIT_MS;

    if (mailbox_wait(mailbox, soon < deadline_mono_ms ? soon : deadline_mono_ms))
        return true;
    wait_kick();
    return mailbox_wait(mailbox, deadline_mono_ms);
}
