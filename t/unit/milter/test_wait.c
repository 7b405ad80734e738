/* test_wait.c - waiting for answers, and the kick: one connection to our own socket, no sooner than need be, no more than one. */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/clock.h"
#include "milter/wait.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];

static int listen_unix(struct socket_address *address)
{
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    *address = (struct socket_address){.is_unix = true};
    snprintf(address->path, sizeof address->path, "%.80s/milter", temp_dir_make(dir));
    memcpy(own.sun_path, address->path, sizeof own.sun_path);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&own, sizeof own), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    return fd;
}

static int listen_inet(struct socket_address *address)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof own;

    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&own, sizeof own), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &size), 0);
    *address = (struct socket_address){.host = "127.0.0.1", .port = ntohs(own.sin_port)};
    return fd;
}

/* Connections that came, all of which are closed already. */
static int kicks(int listener)
{
    int count = 0, fd;
    char byte;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        struct pollfd end = {.fd = fd, .events = POLLIN};
        ck_assert_int_eq(poll(&end, 1, 10000), 1);
        ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
        close(fd);
        count++;
    }
    return count;
}

static void post(struct mailbox *mailbox)
{
    struct facts *facts = facts_new();

    mailbox_post(mailbox, 0, &facts);
}

static void check_kicks(int listener)
{
    struct mailbox *mailbox = mailbox_new();

    ck_assert(!wait_for(mailbox, clock_mono_ms() + 4)); /* late: kicked */
    ck_assert_int_eq(kicks(listener), 1);
    ck_assert(!wait_for(mailbox, clock_mono_ms() - 1)); /* nothing left to wait for */
    ck_assert_int_eq(kicks(listener), 1);
    post(mailbox);
    ck_assert(wait_for(mailbox, clock_mono_ms() + 30000)); /* there already */
    ck_assert_int_eq(kicks(listener), 0);
    mailbox_unpin(&mailbox);
}

START_TEST(test_unix)
{
    struct socket_address address;
    int listener = listen_unix(&address);

    wait_init(&address);
    check_kicks(listener);
    close(listener);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_inet)
{
    struct socket_address address;
    int listener = listen_inet(&address);

    wait_init(&address);
    check_kicks(listener);
    close(listener);
}
END_TEST

/* Answers only once it is kicked: as a command stranded behind the one that waits. */
static void *answer_when_kicked(void *argument)
{
    struct {
        int listener;
        struct mailbox *mailbox;
    } *of = argument;
    struct pollfd waiting = {.fd = of->listener, .events = POLLIN};

    if (poll(&waiting, 1, 30000) == 1)
        post(of->mailbox);
    return NULL;
}

START_TEST(test_kick_wakes)
{
    struct socket_address address;
    struct {
        int listener;
        struct mailbox *mailbox;
    } of = {listen_unix(&address), mailbox_new()};
    pthread_t thread;

    wait_init(&address);
    ck_assert_int_eq(pthread_create(&thread, NULL, answer_when_kicked, &of), 0);
    ck_assert(wait_for(of.mailbox, clock_mono_ms() + 30000));
    pthread_join(thread, NULL);
    ck_assert_int_eq(kicks(of.listener), 1);
    close(of.listener);
    mailbox_unpin(&of.mailbox);
    temp_dir_remove(dir);
}
END_TEST

/* A socket that is gone, or none at all, costs the kick only. */
START_TEST(test_no_socket)
{
    static struct socket_address gone = {.is_unix = true, .path = "/nowhere/milter"},
                                 long_path = {.is_unix = true}, no_host = {.host = "no host"};
    struct mailbox *mailbox = mailbox_new();

    memset(long_path.path, 'x', sizeof long_path.path - 1);
    ck_assert(!wait_for(mailbox, clock_mono_ms()));
    wait_init(&gone);
    ck_assert(!wait_for(mailbox, clock_mono_ms()));
    wait_init(&long_path);
    ck_assert(!wait_for(mailbox, clock_mono_ms()));
    wait_init(&no_host);
    ck_assert(!wait_for(mailbox, clock_mono_ms()));
    mailbox_unpin(&mailbox);
}
END_TEST

SUITE_MAIN("milter/wait", test_unix, test_inet, test_kick_wakes, test_no_socket)
