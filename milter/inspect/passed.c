/* passed.c - takes a packet and the descriptor that came with it (unix(7), SCM_RIGHTS). */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "milter/inspect/passed.h"

#define FDS_MAX 4 /* room to take what should not be there, so that it can be closed */

ssize_t passed_receive(int socket_fd, void *buf, size_t size, int *fd_r)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control = {.room = {0}};
    struct iovec piece = {buf, size};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t len = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = len >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
    size_t count = 0;
    int fds[FDS_MAX];

    *fd_r = -1;
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return len;
    count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    *fd_r = fds[0];
    for (size_t i = 1; i < count; i++)
        close(fds[i]);
    return len;
}
