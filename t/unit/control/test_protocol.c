/* Frames: cut from bytes, sent and received over a socketpair, bounded and with a deadline. */
#include <check.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "control/protocol.h"

static const struct {
    const char *name;
    struct span bytes;
    int want;
    size_t used;
} frames[] = {
    {"nothing", {"", 0}, 0, 0},
    {"type alone", {"J", 1}, 0, 0},
    {"half a length", {"J\0\0", 3}, 0, 0},
    {"half a payload", {"J\0\0\0\2{", 6}, 0, 0},
    {"whole", {"J\0\0\0\2{}", 7}, 1, 7},
    {"empty payload", {"D\0\0\0\0", 5}, 1, 5},
    {"more behind", {"E\0\0\0\2{}JJJ", 10}, 1, 7},
    {"unknown type", {"X", 1}, -1, 0},
    {"NUL as type", {"\0\0\0\0\0", 5}, -1, 0},
    {"largest length, not here yet", {"D\0\4\0\0", 5}, 0, 0},
    {"one too long", {"D\0\4\0\1", 5}, -1, 0},
    {"far too long", {"D\xff\xff\xff\xff", 5}, -1, 0},
};

START_TEST(frames_are_cut)
{
    struct control_frame frame;
    size_t used = 0;
    struct err err = {""};
    int got = control_parse(frames[_i].bytes, &frame, &used, &err);

    ck_assert_msg(got == frames[_i].want, "%s: %d %s", frames[_i].name, got, err.text);
    ck_assert_msg(got != 1 || used == frames[_i].used, "%s: used %zu", frames[_i].name, used);
    ck_assert_msg(got != -1 || *err.text, "%s: no reason", frames[_i].name);
}
END_TEST

static const struct {
    const char *name, *text;
    int want;
} requests[] = {
    {"plain", "{\"v\":1,\"id\":7,\"do\":\"status\"}", 0},
    {"with args", "{\"v\":1,\"id\":7,\"do\":\"status\",\"args\":{\"a\":1}}", 0},
    {"other version", "{\"v\":2,\"id\":7,\"do\":\"status\"}", -1},
    {"no version", "{\"id\":7,\"do\":\"status\"}", -1},
    {"no id", "{\"v\":1,\"do\":\"status\"}", -1},
    {"negative id", "{\"v\":1,\"id\":-7,\"do\":\"status\"}", -1},
    {"id as text", "{\"v\":1,\"id\":\"7\",\"do\":\"status\"}", -1},
    {"no command", "{\"v\":1,\"id\":7}", -1},
    {"empty command", "{\"v\":1,\"id\":7,\"do\":\"\"}", -1},
    {"args no object", "{\"v\":1,\"id\":7,\"do\":\"status\",\"args\":[1]}", -1},
    {"twice the same name", "{\"v\":1,\"v\":1,\"id\":7,\"do\":\"status\"}", -1},
    {"an array", "[1]", -1},
    {"rubbish", "{{{{", -1},
    {"nothing", "", -1},
};

START_TEST(requests_are_read)
{
    struct control_request request;
    struct err err = {""};
    int got = control_request_parse(span_of(requests[_i].text), &request, &err);

    ck_assert_msg(got == requests[_i].want, "%s: %s", requests[_i].name, err.text);
    if (got == 0) {
        ck_assert_uint_eq(request.id, 7);
        ck_assert_str_eq(request.command, "status");
        ck_assert(json_is_object(request.args));
        json_decref(request.root);
    }
}
END_TEST

struct writer {
    int fd;
    char *bytes;
    size_t len;
};

static void *write_frames(void *arg)
{
    struct writer *writer = arg;

    control_write(writer->fd, 'D', span_from(writer->bytes, writer->len), NULL);
    control_write(writer->fd, 'E', SPAN("{}"), NULL);
    shutdown(writer->fd, SHUT_WR);
    return NULL;
}

START_TEST(the_largest_frame_passes_and_the_end_is_seen)
{
    struct writer writer = {.len = CONTROL_MAX_FRAME};
    struct control_reader *reader;
    struct control_frame frame;
    struct err err = {""};
    pthread_t thread;
    int fds[2];

    ck_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    writer.fd = fds[0];
    writer.bytes = xcalloc(1, writer.len);
    memset(writer.bytes, 'x', writer.len);
    reader = control_reader_new(fds[1]);
    pthread_create(&thread, NULL, write_frames, &writer);
    ck_assert_int_eq(control_read(reader, &frame, 5000, &err), 1);
    ck_assert_int_eq(frame.type, 'D');
    ck_assert(span_equal(frame.payload, span_from(writer.bytes, writer.len)));
    ck_assert_int_eq(control_read(reader, &frame, 5000, &err), 1);
    ck_assert_int_eq(frame.type, 'E');
    ck_assert_int_eq(control_read(reader, &frame, 5000, &err), 0);
    pthread_join(thread, NULL);
    control_reader_free(&reader);
    xfree(&writer.bytes);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

START_TEST(silence_and_half_frames_are_errors)
{
    struct control_reader *reader;
    struct control_frame frame;
    struct err err = {""};
    int fds[2];

    ck_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    reader = control_reader_new(fds[1]);
    ck_assert_int_eq(control_read(reader, &frame, 10, &err), -1);
    ck_assert_str_eq(err.text, "no answer in time");
    ck_assert(write(fds[0], "J\0\0\0\5{", 6) == 6);
    close(fds[0]);
    ck_assert_int_eq(control_read(reader, &frame, 5000, &err), -1);
    ck_assert_str_eq(err.text, "the connection ended inside a frame");
    control_reader_free(&reader);
    close(fds[1]);
}
END_TEST

START_TEST(writing_refuses_what_is_too_long_and_survives_a_closed_peer)
{
    static char large[CONTROL_MAX_FRAME + 1];
    struct err err = {""};
    int fds[2];

    ck_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    ck_assert_int_eq(control_write(fds[0], 'D', span_from(large, sizeof(large)), &err), -1);
    close(fds[1]);
    ck_assert_int_eq(control_write(fds[0], 'D', SPAN("x"), &err), -1);
    close(fds[0]);
}
END_TEST

START_TEST(any_bytes_become_text)
{
    json_t *value = control_text(span_from("a\xff\0b", 4));
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

    ck_assert_str_eq(text, "\"a\\uFFFD?b\"");
    free(text);
    json_decref(value);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    Suite *suite = suite_create("control/protocol");
    TCase *tc = tcase_create("protocol");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tc, frames_are_cut, 0, COUNT(frames));
    tcase_add_loop_test(tc, requests_are_read, 0, COUNT(requests));
    tcase_add_test(tc, the_largest_frame_passes_and_the_end_is_seen);
    tcase_add_test(tc, silence_and_half_frames_are_errors);
    tcase_add_test(tc, writing_refuses_what_is_too_long_and_survives_a_closed_peer);
    tcase_add_test(tc, any_bytes_become_text);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
