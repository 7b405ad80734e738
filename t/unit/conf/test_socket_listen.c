/* test_socket_listen.c - a daemon's socket: bound, a stale one replaced, a live one or anything else left alone; and how sockets are written. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "conf/socket_listen.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

static char dir[200];
static struct err err;

static struct socket_address begin(void)
{
    struct socket_address address = {.is_unix = true};

    snprintf(address.path, sizeof address.path, "%.80s/s", temp_dir_make(dir));
    err_reset(&err);
    return address;
}

START_TEST(test_unix)
{
    struct socket_address address = begin();
    struct stat st;
    int fd = socket_listen(&address, &err);

    ck_assert_msg(fd >= 0, "%s", err.text);
    ck_assert_int_eq(stat(address.path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0660);
    ck_assert_int_eq(socket_listen(&address, &err), -1); /* it is alive */
    ck_assert_msg(strstr(err.text, "another process answers there") != NULL, "%s", err.text);
    close(fd);
    fd = socket_listen(&address, &err); /* stale now */
    ck_assert_msg(fd >= 0, "%s", err.text);
    close(fd);
    temp_dir_remove(dir);
}
END_TEST

/* Alive too: its queue is full since it is busy, or it speaks otherwise. */
START_TEST(test_busy)
{
    struct socket_address address = begin();
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    int packets = socket(AF_UNIX, SOCK_DGRAM, 0);

    memcpy(own.sun_path, address.path, sizeof own.sun_path);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&own, sizeof own), 0);
    ck_assert_int_eq(listen(fd, 0), 0);
    ck_assert_int_eq(connect(client, (const struct sockaddr *)&own, sizeof own), 0);
    ck_assert_int_eq(socket_listen(&address, &err), -1);
    ck_assert_msg(strstr(err.text, "another process answers there") != NULL, "%s", err.text);
    ck_assert_int_eq(unlink(address.path), 0);
    ck_assert_int_eq(bind(packets, (const struct sockaddr *)&own, sizeof own), 0);
    ck_assert_int_eq(socket_listen(&address, &err), -1);
    ck_assert_msg(strstr(err.text, "another process answers there") != NULL, "%s", err.text);
    close(fd);
    close(client);
    close(packets);
    temp_dir_remove(dir);
}
END_TEST

START_TEST(test_refused)
{
    struct socket_address address = begin(), nowhere = {.is_unix = true, .path = "/nowhere/s"};
    FILE *file = fopen(address.path, "w");

    fclose(file);
    ck_assert_int_eq(socket_listen(&address, &err), -1);
    ck_assert_msg(strstr(err.text, "is there and is no socket; remove it") != NULL, "%s",
                  err.text);
    ck_assert_int_eq(access(address.path, F_OK), 0);
    ck_assert_int_eq(socket_listen(&nowhere, &err), -1);
    ck_assert_msg(strstr(err.text, "the directory must exist") != NULL, "%s", err.text);
    temp_dir_remove(dir);
}
END_TEST

/* A port that is free now: the kernel chose it. */
static uint16_t free_port(void)
{
    struct socket_address any = {.host = "127.0.0.1", .port = 0};
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char port[2];
    int fd = socket_listen(&any, &err);

    ck_assert_msg(fd >= 0, "%s", err.text);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
    memcpy(port, (const char *)&bound + 2, 2); /* sin_port, in network order */
    close(fd);
    return (uint16_t)((unsigned char)port[0] << 8 | (unsigned char)port[1]);
}

START_TEST(test_inet)
{
    struct socket_address address = {.host = "127.0.0.1", .port = free_port()};
    struct socket_address no_host = {.host = "no host", .port = 25};
    struct socket_address foreign = {.host = "192.0.2.1", .port = 25};
    int fd = socket_listen(&address, &err);

    ck_assert_msg(fd >= 0, "%s", err.text);
    ck_assert_int_eq(socket_listen(&address, &err), -1);
    ck_assert_msg(strstr(err.text, "cannot listen on 127.0.0.1 port") != NULL, "%s", err.text);
    ck_assert_int_eq(socket_listen(&no_host, &err), -1);
    ck_assert_msg(strstr(err.text, "no host: ") != NULL, "%s", err.text);
    ck_assert_int_eq(socket_listen(&foreign, &err), -1);
    close(fd);
}
END_TEST

START_TEST(test_written)
{
    static const struct {
        const char *text, *want; /* path or host; of a refused one, in the error */
        unsigned port;           /* 0: unix, or refused */
        bool is_good;
    } cases[] = {
        {"unix:/a/b", "/a/b", 0, true},
        {"inet:127.0.0.1:25", "127.0.0.1", 25, true},
        {"inet:[::1]:65535", "::1", 65535, true},
        {"inet:mail.example:10025", "mail.example", 10025, true},
        {"unix:a/b", "has no absolute path", 0, false},
        {"unix:", "has no absolute path", 0, false},
        {"/a/b", "write unix:/a/b", 0, false},
        {"inet:25@127.0.0.1", "write inet:127.0.0.1:25", 0, false},
        {"inet:::1:25", "goes in brackets", 0, false},
        {"inet:127.0.0.1", "has no port", 0, false},
        {"inet:127.0.0.1:0", "not a port", 0, false},
        {"inet:127.0.0.1:65536", "not a port", 0, false},
        {"inet:127.0.0.1:smtp", "not a port", 0, false},
        {"inet::25", "names no host", 0, false},
        {"inet:a b:25", "names no host", 0, false},
        {"tcp:127.0.0.1:25", "is not a socket", 0, false},
        {"", "is not a socket", 0, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct socket_address address;
        int rc = socket_address_parse(span_of(cases[i].text), &address, &err);

        ck_assert_msg((rc == 0) == cases[i].is_good, "%s: %s", cases[i].text, err.text);
        if (cases[i].is_good)
            ck_assert_msg(
                strcmp(address.is_unix ? address.path : address.host, cases[i].want) == 0 &&
                    address.port == cases[i].port,
                "%s", cases[i].text);
        else
            ck_assert_msg(strstr(err.text, cases[i].want) != NULL, "%s: %s", cases[i].text,
                          err.text);
    }
}
END_TEST

SUITE_MAIN("conf/socket_listen", test_unix, test_busy, test_refused, test_inet, test_written)
