/* Server and client together: rows, data and bodies both ways, roles, limits, misbehaviour, the end. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/file.h"
#include "base/xalloc.h"
#include "control/client.h"
#include "control/server.h"

static char dir[64];

/* Answers with a row for the args, the role and the body's length, and gives the body back. */
static enum control_exit run_echo(struct control_call *call, struct err *err)
{
    struct str body = STR_EMPTY;
    struct span piece;

    while (control_body(call, &piece, err) == 1)
        str_add(&body, piece);
    control_row(call,
                json_pack("{s:O,s:i,s:I,s:s}", "args", call->args, "role", (int)call->role,
                          "length", (json_int_t)body.len, "user", call->user));
    control_data(call, str_span(&body));
    str_clear(&body);
    err_set(err, "echoed");
    return EXIT_DIFFERS;
}

static enum control_exit run_deaf(struct control_call *call, struct err *err)
{
    (void)call;
    err_set(err, "no \xff body read");
    return EXIT_INVALID;
}

static enum control_exit run_large(struct control_call *call, struct err *err)
{
    (void)err;
    for (int i = 0; i < 2000; i++)
        if (control_row(call, json_pack("{s:i,s:s}", "i", i, "text",
                                        "some text to fill the socket with")) == -1)
            return EXIT_PARTIAL;
    return EXIT_OK;
}

/* One row with a text of that many bytes, each six in JSON. */
static enum control_exit run_long(struct control_call *call, struct err *err)
{
    size_t bytes = (size_t)json_integer_value(json_object_get(call->args, "bytes"));
    char *text = xcalloc(1, bytes + 1);
    int state;

    memset(text, '\001', bytes);
    state = control_row(call, json_pack("{s:s}", "text", text));
    xfree(&text);
    err_set(err, "sent");
    return state == 0 ? EXIT_OK : EXIT_DIFFERS;
}

static const struct control_command commands[] = {
    {"echo", ROLE_READ, run_echo},    {"deaf", ROLE_READ, run_deaf},
    {"large", ROLE_READ, run_large},  {"long", ROLE_READ, run_long},
    {"change", ROLE_ADMIN, run_deaf}, {NULL, 0, NULL},
};

static enum control_exit run_other(const char *name, struct control_call *call, struct err *err)
{
    (void)call;
    err_set(err, "forwarded %s", name);
    return EXIT_OK;
}

static const struct control_service service = {"test", commands, run_other},
                                    other = {"other", commands, NULL};
static struct control_server *server;

static void setup(void)
{
    struct err err = {""};

    snprintf(dir, sizeof(dir), "/tmp/postgate-control-XXXXXX");
    ck_assert(mkdtemp(dir) != NULL);
    server = control_server_start(dir, &service, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
}

static void teardown(void)
{
    control_server_stop(&server);
    ck_assert_msg(rmdir(dir) == 0, "the sockets are left over");
}

struct taken {
    int rows;
    json_t *last;
    struct str data;
};

static void take_row(void *ctx, json_t *row)
{
    struct taken *taken = ctx;

    taken->rows++;
    json_decref(taken->last);
    taken->last = json_incref(row);
}

static void take_data(void *ctx, struct span bytes)
{
    str_add(&((struct taken *)ctx)->data, bytes);
}

struct body {
    struct span bytes;
    size_t piece;
};

static struct span give(void *ctx)
{
    struct body *body = ctx;
    struct span piece = body->bytes;

    if (piece.len > body->piece)
        piece.len = body->piece;
    body->bytes = span_from(body->bytes.ptr + piece.len, body->bytes.len - piece.len);
    return piece;
}

static enum control_exit ask(struct control_client *client, const char *command,
                             const struct control_sink *sink, struct err *message)
{
    struct control_question question = {.command = command, .sink = sink, .timeout_ms = 5000};

    return control_ask(client, &question, message);
}

static struct control_client *connect_as(enum control_role role)
{
    struct err err = {""};
    struct control_client *client = control_connect(dir, "test", role, &err);

    ck_assert_msg(client != NULL, "%s", err.text);
    return client;
}

static void taken_clear(struct taken *taken)
{
    json_decref(taken->last);
    str_clear(&taken->data);
}

static const size_t lengths[] = {0, 1, 1000, CONTROL_MAX_FRAME, CONTROL_MAX_FRAME + 1, 3000000};

START_TEST(bodies_go_there_and_back)
{
    struct control_client *client = connect_as(ROLE_READ);
    struct taken taken = {0};
    struct control_sink sink = {take_row, take_data, &taken};
    char *bytes = xcalloc(1, lengths[_i] + 1);
    struct body body = {span_from(bytes, lengths[_i]), 700000};
    json_t *args = json_pack("{s:s}", "name", "x");
    struct control_question question = {.command = "echo",
                                        .args = args,
                                        .body = give,
                                        .body_ctx = &body,
                                        .sink = &sink,
                                        .timeout_ms = 5000};
    struct err message = {""};

    for (size_t i = 0; i < lengths[_i]; i++)
        bytes[i] = (char)(i * 31);
    ck_assert_int_eq(control_ask(client, &question, &message), EXIT_DIFFERS);
    ck_assert_str_eq(message.text, "echoed");
    ck_assert_int_eq(taken.rows, 1);
    ck_assert_int_eq(json_integer_value(json_object_get(taken.last, "length")),
                     (json_int_t)lengths[_i]);
    ck_assert(json_equal(json_object_get(taken.last, "args"), args));
    ck_assert(span_equal(str_span(&taken.data), span_from(bytes, lengths[_i])));
    json_decref(args);
    taken_clear(&taken);
    xfree(&bytes);
    control_close(&client);
}
END_TEST

START_TEST(many_requests_on_one_connection)
{
    struct control_client *client = connect_as(ROLE_READ);
    struct taken taken = {0};
    struct control_sink sink = {take_row, NULL, &taken};
    char bytes[5000] = {0};
    struct body body = {span_from(bytes, sizeof(bytes)), 100};
    struct control_question deaf = {
        .command = "deaf", .body = give, .body_ctx = &body, .timeout_ms = 5000};
    struct err message = {""};

    ck_assert_int_eq(control_ask(client, &deaf, &message), EXIT_INVALID);
    ck_assert_str_eq(message.text, "no \xef\xbf\xbd body read");
    ck_assert_int_eq(ask(client, "large", &sink, &message), EXIT_OK);
    ck_assert_int_eq(taken.rows, 2000);
    ck_assert_int_eq(ask(client, "message.test", NULL, &message), EXIT_OK);
    ck_assert_str_eq(message.text, "forwarded message.test");
    taken_clear(&taken);
    control_close(&client);
}
END_TEST

static const struct {
    const char *name;
    json_int_t bytes;
    enum control_exit code;
    int rows;
    const char *message;
} long_rows[] = {
    {"as a decision with many facts", 1000000, EXIT_OK, 1, "sent"},
    {"longer than a row may be", 3000000, EXIT_PARTIAL, 0,
     "1 rows are longer than 16 MB and left out; sent"},
};

START_TEST(a_long_row_arrives_or_is_said_to_be_missing)
{
    struct control_client *client = connect_as(ROLE_READ);
    struct taken taken = {0};
    struct control_sink sink = {take_row, NULL, &taken};
    json_t *args = json_pack("{s:I}", "bytes", long_rows[_i].bytes);
    struct control_question question = {
        .command = "long", .args = args, .sink = &sink, .timeout_ms = 20000};
    struct err message = {""};

    for (int again = 1; again <= 2; again++) {
        ck_assert_int_eq(control_ask(client, &question, &message), long_rows[_i].code);
        ck_assert_str_eq(message.text, long_rows[_i].message);
        ck_assert_int_eq(taken.rows, again * long_rows[_i].rows);
    }
    json_decref(args);
    taken_clear(&taken);
    control_close(&client);
}
END_TEST

START_TEST(roles_are_those_of_the_socket)
{
    struct control_client *client;
    char path[128];
    struct err message = {""};

    snprintf(path, sizeof(path), "%s/test.admin", dir);
    ck_assert(unlink(path) == 0); /* leaves operate as the highest */
    client = connect_as(ROLE_READ);
    ck_assert_int_eq(ask(client, "change", NULL, &message), EXIT_INVALID);
    ck_assert_msg(strstr(message.text, "postgate-admin") != NULL, "%s", message.text);
    control_close(&client);
    ck_assert_ptr_null(control_connect(dir, "test", ROLE_ADMIN, &message));
    ck_assert_msg(strstr(message.text, "is it running") != NULL, "%s", message.text);
}
END_TEST

START_TEST(sockets_are_for_the_group_alone)
{
    static const char *const names[] = {"read", "operate", "admin"};
    char path[128];
    struct stat st;

    snprintf(path, sizeof(path), "%s/test.%s", dir, names[_i]);
    ck_assert(stat(path, &st) == 0);
    ck_assert_int_eq(st.st_mode & 0777, 0660);
}
END_TEST

static int connect_raw(const char *role)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/test.%s", dir, role);
    ck_assert(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

static const struct {
    const char *name;
    struct span bytes;
} rude[] = {
    {"a browser", {"GET / HTTP/1.0\r\n\r\n", 18}},
    {"a body first", {"D\0\0\0\1x", 6}},
    {"an end first", {"E\0\0\0\2{}", 7}},
    {"no JSON", {"J\0\0\0\1x", 6}},
    {"a frame too long", {"J\xff\xff\xff\xff", 5}},
    {"a request in a request",
     {"J\0\0\0\x1d{\"v\":1,\"id\":1,\"do\":\"deaf\"}\n\n\nJ\0\0\0\2{}", 34 + 7}},
};

START_TEST(who_breaks_the_protocol_is_dropped)
{
    int fd = connect_raw("read");
    char byte[512];
    ssize_t got;

    ck_assert(send(fd, rude[_i].bytes.ptr, rude[_i].bytes.len, MSG_NOSIGNAL) ==
              (ssize_t)rude[_i].bytes.len);
    while ((got = recv(fd, byte, sizeof(byte), 0)) > 0)
        ck_assert_msg(got <= 0, "%s: answered %.*s", rude[_i].name, (int)got, byte);
    close(fd);
}
END_TEST

START_TEST(readers_cannot_lock_out_administrators)
{
    int fds[CONTROL_MAX_CLIENTS];
    struct control_client *client;
    struct err message = {""};
    char answer[256];

    for (int i = 0; i < CONTROL_MAX_CLIENTS / 2; i++)
        fds[i] = connect_raw("read");
    fds[CONTROL_MAX_CLIENTS / 2] = connect_raw("read");
    ck_assert(recv(fds[CONTROL_MAX_CLIENTS / 2], answer, sizeof(answer), 0) > 0);
    ck_assert_int_eq(answer[0], 'E');
    client = control_connect_as(dir, "test", ROLE_READ, &message);
    ck_assert(client != NULL);
    ck_assert_int_eq(ask(client, "large", NULL, &message), EXIT_UNREACHABLE);
    ck_assert_str_eq(message.text, "too many connections");
    control_close(&client);
    client = connect_as(ROLE_ADMIN);
    ck_assert_int_eq(ask(client, "change", NULL, &message), EXIT_INVALID);
    control_close(&client);
    for (int i = 0; i <= CONTROL_MAX_CLIENTS / 2; i++)
        close(fds[i]);
}
END_TEST

START_TEST(a_second_daemon_is_refused_and_a_left_over_socket_is_not)
{
    struct control_server *second;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct err err = {""};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_ptr_null(control_server_start(dir, &service, &err));
    ck_assert_msg(strstr(err.text, "another postgate-test") != NULL, "%s", err.text);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/other.read", dir);
    ck_assert(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    close(fd);
    second = control_server_start(dir, &other, &err);
    ck_assert_msg(second != NULL, "%s", err.text);
    control_server_stop(&second);
}
END_TEST

START_TEST(a_missing_directory_is_said)
{
    struct err err = {""};

    ck_assert_ptr_null(control_server_start("/nonexistent/dir", &service, &err));
    ck_assert_msg(strstr(err.text, "control_dir") != NULL, "%s", err.text);
}
END_TEST

START_TEST(the_end_does_not_wait_for_idle_clients)
{
    struct control_client *client = connect_as(ROLE_READ);
    struct err message = {""};

    control_server_stop(&server);
    ck_assert_int_eq(ask(client, "echo", NULL, &message), EXIT_UNREACHABLE);
    control_close(&client);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    Suite *suite = suite_create("control/server");
    TCase *tc = tcase_create("server");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, bodies_go_there_and_back, 0, COUNT(lengths));
    tcase_add_test(tc, many_requests_on_one_connection);
    tcase_add_loop_test(tc, a_long_row_arrives_or_is_said_to_be_missing, 0, COUNT(long_rows));
    tcase_add_test(tc, roles_are_those_of_the_socket);
    tcase_add_loop_test(tc, sockets_are_for_the_group_alone, 0, 3);
    tcase_add_loop_test(tc, who_breaks_the_protocol_is_dropped, 0, COUNT(rude));
    tcase_add_test(tc, readers_cannot_lock_out_administrators);
    tcase_add_test(tc, a_second_daemon_is_refused_and_a_left_over_socket_is_not);
    tcase_add_test(tc, a_missing_directory_is_said);
    tcase_add_test(tc, the_end_does_not_wait_for_idle_clients);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
