/* test_passed.c - a packet with the descriptor that came with it: one is taken, more are closed, none is leaked. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "milter/inspect/passed.h"
#include "t/lib/suite.h"

#define MOST 6

static int open_count(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* Sends text with so many descriptors. */
static void send_with(int fd, const char *text, size_t count)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(MOST * sizeof(int))];
    } control = {.room = {0}};
    struct iovec piece = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    int fds[MOST];

    for (size_t i = 0; i < count; i++)
        fds[i] = open("/dev/null", O_RDONLY);
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)),
                                          .cmsg_level = SOL_SOCKET,
                                          .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
    }
    ck_assert_int_eq(sendmsg(fd, &message, 0), (ssize_t)strlen(text));
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

START_TEST(test_counts)
{
    int pair[2], before;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    before = open_count();
    for (size_t count = 0; count <= MOST; count++) {
        char buf[16];
        int fd = -2;

        send_with(pair[0], "request", count);
        ck_assert_int_eq(passed_receive(pair[1], buf, sizeof buf, &fd), 7);
        ck_assert_int_eq(fd >= 0, count > 0);
        ck_assert_int_eq(open_count(), before + (count > 0));
        if (fd < 0)
            continue;
        ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        close(fd);
    }
    close(pair[0]);
    close(pair[1]);
}
END_TEST

START_TEST(test_ends)
{
    int pair[2], fd = -2;
    char buf[4];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    send_with(pair[0], "longer than the room", 1);
    ck_assert_int_eq(passed_receive(pair[1], buf, sizeof buf, &fd), (ssize_t)sizeof buf);
    close(fd);
    close(pair[0]);
    ck_assert_int_eq(passed_receive(pair[1], buf, sizeof buf, &fd), 0);
    ck_assert_int_eq(fd, -1);
    close(pair[1]);
    ck_assert_int_eq(passed_receive(pair[1], buf, sizeof buf, &fd), -1);
    ck_assert_int_eq(fd, -1);
}
END_TEST

SUITE_MAIN("inspect/passed", test_counts, test_ends)
