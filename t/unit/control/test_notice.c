/* Notices: from the sender's queue to the receiver, whoever starts first. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/notice.h"
#include "control/notice_path.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define WAIT_MS 10000

static char dir[200];
static int fd;

static void begin(void)
{
    struct err err;

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    fd = notice_listen(dir, &err);
    ck_assert_msg(fd >= 0, "%s", err.text);
}

static void end(void)
{
    notice_end(0);
    notice_close(dir, &fd);
    ck_assert_int_eq(fd, -1);
    temp_dir_remove(dir);
}

static void send_number(int number)
{
    json_t *notice = json_pack("{s:s,s:i}", "what", "message", "number", number);

    notice_send(notice);
    json_decref(notice);
}

static int receive_number(void)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    json_t *notice;
    int number;

    ck_assert_int_eq(poll(&poll_fd, 1, WAIT_MS), 1);
    notice = notice_receive(fd);
    ck_assert_ptr_nonnull(notice);
    number = (int)json_integer_value(json_object_get(notice, "number"));
    json_decref(notice);
    return number;
}

START_TEST(test_in_order)
{
    begin();
    notice_begin(dir);
    for (int i = 0; i < 1000; i++) /* more than a socket holds */
        send_number(i);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(receive_number(), i);
    ck_assert_ptr_null(notice_receive(fd));
    ck_assert_uint_eq(notice_dropped(), 0);
    end();
}
END_TEST

START_TEST(test_waits_for_receiver)
{
    struct err err;

    begin();
    notice_close(dir, &fd);
    notice_begin(dir);
    send_number(1);
    send_number(2);
    fd = notice_listen(dir, &err);
    ck_assert_int_eq(receive_number(), 1);
    ck_assert_int_eq(receive_number(), 2);
    notice_close(dir, &fd); /* and again after a restart of the receiver */
    send_number(3);
    fd = notice_listen(dir, &err);
    ck_assert_int_eq(receive_number(), 3);
    end();
}
END_TEST

START_TEST(test_oldest_dropped)
{
    begin();
    notice_close(dir, &fd);
    notice_begin(dir);
    for (int i = 0; i < 16384 + 100; i++)
        send_number(i);
    ck_assert_uint_ge(notice_dropped(), 99); /* one may be in the thread's hand */
    ck_assert_uint_le(notice_dropped(), 101);
    end();
}
END_TEST

START_TEST(test_too_long)
{
    char text[NOTICE_MAX];
    json_t *notice;

    begin();
    notice_begin(dir);
    memset(text, 'x', sizeof(text));
    notice = json_pack("{s:s,s:s%}", "what", "message", "text", text, sizeof(text));
    notice_send(notice);
    json_decref(notice);
    ck_assert_uint_eq(notice_dropped(), 1);
    send_number(7);
    ck_assert_int_eq(receive_number(), 7);
    end();
}
END_TEST

static void send_raw(const void *bytes, size_t length)
{
    struct sockaddr_un to;
    int raw = socket(AF_UNIX, SOCK_DGRAM, 0);

    ck_assert_int_eq(notice_path(dir, &to, NULL), 0);
    ck_assert_int_eq(sendto(raw, bytes, length, 0, (const struct sockaddr *)&to, sizeof(to)),
                     (ssize_t)length);
    close(raw);
}

START_TEST(test_malformed_skipped)
{
    static const char *const bad[] = {"", "{", "[]", "{\"what\":1}",
                                      "{\"what\":\"a\",\"what\":\"b\"}"};
    static char huge[NOTICE_MAX + 10];

    begin();
    memset(huge, ' ', sizeof(huge));
    memcpy(huge, "{\"what\":\"message\"}", 18);
    send_raw(huge, sizeof(huge));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        send_raw(bad[i], strlen(bad[i]));
    send_raw("{\"what\":\"message\",\"number\":5}", 29);
    ck_assert_int_eq(receive_number(), 5);
    ck_assert_ptr_null(notice_receive(fd));
    end();
}
END_TEST

START_TEST(test_group_alone)
{
    struct sockaddr_un at;
    struct stat st;

    begin();
    ck_assert_int_eq(notice_path(dir, &at, NULL), 0);
    ck_assert_int_eq(stat(at.sun_path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0660);
    end();
}
END_TEST

START_TEST(test_not_begun)
{
    send_number(1);
    ck_assert_uint_eq(notice_dropped(), 0);
    notice_end(1000);
}
END_TEST

SUITE_MAIN("notice", test_in_order, test_waits_for_receiver, test_oldest_dropped, test_too_long,
           test_malformed_skipped, test_group_alone, test_not_begun)
