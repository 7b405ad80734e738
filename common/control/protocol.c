/* protocol: frames of the control protocol, read within bounds and written whole. */
#include "control/protocol.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "base/clock.h"
#include "base/sinks.h"
#include "base/xalloc.h"

#define HEADER_SIZE  5
#define FRAME_TYPES  "JDE"
#define COMMAND_MAX  64 /* bytes of a command's name */
#define FIRST_BUFFER 16384

const struct name_value control_role_names[] = {
    {"read", ROLE_READ}, {"operate", ROLE_OPERATE}, {"admin", ROLE_ADMIN}, {NULL, 0}};

struct control_reader {
    int fd;
    size_t most; /* bytes of a frame's payload */
    char *buf;
    size_t start, len, cap; /* what is not handed out yet: buf[start .. start + len) */
};

static int parse(struct span bytes, size_t most, struct control_frame *frame_r, size_t *used_r,
                 struct err *err)
{
    const unsigned char *head = (const unsigned char *)bytes.ptr;
    size_t size;

    if (bytes.len == 0)
        return 0;
    if (!memchr(FRAME_TYPES, head[0], sizeof(FRAME_TYPES) - 1))
        return err_set(err, "byte %u is no type of frame; J, D and E are", head[0]);
    if (bytes.len < HEADER_SIZE)
        return 0;
    size = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (size > most)
        return err_set(err, "a frame of %zu bytes; %zu is the most", size, most);
    if (bytes.len < HEADER_SIZE + size)
        return 0;
    frame_r->type = (char)head[0];
    frame_r->payload = span_from(bytes.ptr + HEADER_SIZE, size);
    *used_r = HEADER_SIZE + size;
    return 1;
}

int control_parse(struct span bytes, struct control_frame *frame_r, size_t *used_r,
                  struct err *err)
{
    return parse(bytes, CONTROL_MAX_FRAME, frame_r, used_r, err);
}

struct control_reader *control_reader_new(int fd)
{
    struct control_reader *reader = xcalloc(1, sizeof(*reader));

    reader->fd = fd;
    reader->most = CONTROL_MAX_FRAME;
    reader->cap = FIRST_BUFFER;
    reader->buf = xmalloc(reader->cap);
    return reader;
}

void control_reader_take_rows(struct control_reader *reader)
{
    reader->most = CONTROL_MAX_ROW;
}

void control_reader_free(struct control_reader **reader)
{
    if (!*reader)
        return;
    xfree(&(*reader)->buf);
    xfree(reader);
}

/* Room for at least one byte more; a frame that is not whole fits into the largest buffer. */
static void make_room(struct control_reader *reader)
{
    const size_t most = HEADER_SIZE + reader->most;

    if (reader->start > 0) {
        memmove(reader->buf, reader->buf + reader->start, reader->len);
        reader->start = 0;
    }
    if (reader->len < reader->cap)
        return;
    reader->cap = reader->cap * 2 < most ? reader->cap * 2 : most;
    reader->buf = xrealloc(reader->buf, reader->cap);
}

/* 1 something may be read, 0 the deadline passed. deadline -1: none. */
static int wait_readable(int fd, int64_t deadline, struct err *err)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    int64_t left = -1;
    int got;

    do {
        if (deadline >= 0) {
            left = deadline - clock_mono_ms();
            left = left < 0 ? 0 : left;
        }
        got = poll(&waiting, 1, (int)left);
    } while (got == -1 && errno == EINTR);
    if (got == -1)
        return err_set(err, "waiting for the other side: %s", strerror(errno));
    return got > 0;
}

/* 1 some bytes, 0 end of stream, -1 error or deadline. */
static int fill(struct control_reader *reader, int64_t deadline, struct err *err)
{
    ssize_t got;
    int is_ready = wait_readable(reader->fd, deadline, err);

    if (is_ready == -1)
        return -1;
    if (is_ready == 0)
        return err_set(err, "no answer in time");
    make_room(reader);
    do
        got = recv(reader->fd, reader->buf + reader->len, reader->cap - reader->len, 0);
    while (got == -1 && errno == EINTR);
    if (got == -1)
        return err_set(err, "reading: %s", strerror(errno));
    reader->len += (size_t)got;
    return got > 0;
}

int control_read(struct control_reader *reader, struct control_frame *frame_r, int timeout_ms,
                 struct err *err)
{
    int64_t deadline = timeout_ms < 0 ? -1 : clock_mono_ms() + timeout_ms;
    size_t used = 0;
    int got;

    for (;;) {
        got = parse(span_from(reader->buf + reader->start, reader->len), reader->most, frame_r,
                    &used, err);
        if (got == 1) {
            reader->start += used;
            reader->len -= used;
            return 1;
        }
        if (got == 0)
            got = fill(reader, deadline, err);
        if (got == 0 && reader->len > 0)
            return err_set(err, "the connection ended inside a frame");
        if (got != 1)
            return got;
    }
}

/* The whole span, or -1: the peer is gone, or took nothing for the socket's send timeout. */
static int send_all(int fd, struct span bytes, int flags)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | flags);

        if (sent == -1 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        bytes = span_from(bytes.ptr + sent, bytes.len - (size_t)sent);
    }
    return 0;
}

static int write_frame(int fd, char type, struct span payload, struct err *err)
{
    unsigned char head[HEADER_SIZE] = {(unsigned char)type, (unsigned char)(payload.len >> 24),
                                       (unsigned char)(payload.len >> 16),
                                       (unsigned char)(payload.len >> 8),
                                       (unsigned char)payload.len};

    if (send_all(fd, span_from(head, sizeof(head)), payload.len > 0 ? MSG_MORE : 0) == -1 ||
        send_all(fd, payload, 0) == -1)
        return err_set(err, "writing: %s", strerror(errno));
    return 0;
}

int control_write(int fd, char type, struct span payload, struct err *err)
{
    if (payload.len > CONTROL_MAX_FRAME)
        return err_set(err, "a frame of %zu bytes; %d is the most", payload.len,
                       CONTROL_MAX_FRAME);
    return write_frame(fd, type, payload, err);
}

int control_write_json(int fd, char type, const json_t *object, struct err *err)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    int result;

    if (!text)
        return err_set(err, "an object that cannot be written as JSON");
    result = control_write(fd, type, span_of(text), err);
    free(text);
    return result;
}

int control_write_row(int fd, const json_t *object, struct err *err)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    size_t len = text ? strlen(text) : 0;
    int result = 1;

    if (!text || len > CONTROL_MAX_ROW)
        err_set(err, "a row of %zu bytes; %d is the most", len, CONTROL_MAX_ROW);
    else
        result = write_frame(fd, 'J', span_from(text, len), err);
    free(text);
    return result;
}

json_t *control_text(struct span bytes)
{
    struct str text = STR_EMPTY;
    json_t *value;

    sink_utf8(&text, bytes);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\0')
            text.ptr[i] = '?';
    value = json_stringn(str_cstr(&text), text.len);
    str_clear(&text);
    return value ? value : json_string("?");
}

static int check_request(struct control_request *request, struct err *err)
{
    json_t *id = json_object_get(request->root, "id");
    json_t *version = json_object_get(request->root, "v");
    json_t *args = json_object_get(request->root, "args");

    if (!json_is_integer(version) || json_integer_value(version) != CONTROL_VERSION)
        return err_set(err, "a request of another version; this daemon speaks \"v\":%d",
                       CONTROL_VERSION);
    if (!json_is_integer(id) || json_integer_value(id) < 0)
        return err_set(err, "a request without a number in \"id\"");
    if (!request->command || !*request->command || strlen(request->command) > COMMAND_MAX)
        return err_set(err, "a request without a command in \"do\"");
    if (args && !json_is_object(args))
        return err_set(err, "\"args\" is no object");
    if (!args)
        json_object_set_new(request->root, "args", json_object());
    request->id = (uint64_t)json_integer_value(id);
    request->args = json_object_get(request->root, "args");
    return 0;
}

int control_request_parse(struct span payload, struct control_request *request_r,
                          struct err *err)
{
    json_error_t error;

    *request_r = (struct control_request){0};
    request_r->root = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(request_r->root)) {
        json_decref(request_r->root);
        return err_set(err, "a request that is no JSON object");
    }
    request_r->command = json_string_value(json_object_get(request_r->root, "do"));
    request_r->user = json_string_value(json_object_get(request_r->root, "user"));
    if (check_request(request_r, err) == 0)
        return 0;
    json_decref(request_r->root);
    request_r->root = NULL;
    return -1;
}
