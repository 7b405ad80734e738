/* client: asks a daemon over its control socket and hands the answer on, piece by piece. */
#include "control/client.h"
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/xalloc.h"

#define SEND_TIMEOUT_S 60   /* a daemon that takes nothing for so long is as good as gone */
#define LAST_WORDS_MS  1000 /* for an answer of a daemon that no longer listens */

struct control_client {
    int fd;
    uint64_t last_id;
    struct control_reader *reader;
    const char *program;
};

static int set_address(struct sockaddr_un *address, const char *dir, const char *program,
                       const char *role, struct err *err)
{
    int len;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    len =
        snprintf(address->sun_path, sizeof(address->sun_path), "%s/%s.%s", dir, program, role);
    if (len < 0 || (size_t)len >= sizeof(address->sun_path))
        return err_set(err, "%s is too long for a socket in it; set a shorter control_dir",
                       dir);
    return 0;
}

/* Why it could not be opened, and what helps. */
static int explain_refusal(const char *program, const char *role, const char *path, int why,
                           struct err *err)
{
    switch (why) {
    case ENOENT:
    case ECONNREFUSED:
        return err_set(
            err, "postgate-%s does not answer at %s; is it running, and with this postgate.cf?",
            program, path);
    case EACCES:
        return err_set(err,
                       "you may not open %s; members of the group postgate-%s and root may",
                       path, role);
    case EAGAIN:
        return err_set(err, "postgate-%s is too busy to answer at %s; try again", program,
                       path);
    default:
        return err_set(err, "%s: %s", path, strerror(why));
    }
}

static int open_socket(const struct sockaddr_un *address)
{
    struct timeval patience = {.tv_sec = SEND_TIMEOUT_S};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int why;

    if (fd == -1)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return fd;
    why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* The highest role from `highest` down to `lowest` whose socket may be opened. */
static struct control_client *connect_between(const char *control_dir, const char *program,
                                              enum control_role highest,
                                              enum control_role lowest, struct err *err)
{
    struct control_client *client;
    struct sockaddr_un address;
    const char *name = NULL;
    int fd = -1, tried = (int)highest;

    for (; fd == -1 && tried >= (int)lowest; tried--) {
        name = names_name(control_role_names, tried);
        if (set_address(&address, control_dir, program, name, err) == -1)
            return NULL;
        fd = open_socket(&address);
    }
    if (fd == -1) {
        explain_refusal(program, name, address.sun_path, errno, err);
        return NULL;
    }
    client = xcalloc(1, sizeof(*client));
    client->fd = fd;
    client->program = program;
    client->reader = control_reader_new(fd);
    control_reader_take_rows(client->reader);
    return client;
}

struct control_client *control_connect(const char *control_dir, const char *program,
                                       enum control_role role, struct err *err)
{
    return connect_between(control_dir, program, ROLE_ADMIN, role, err);
}

struct control_client *control_connect_as(const char *control_dir, const char *program,
                                          enum control_role role, struct err *err)
{
    return connect_between(control_dir, program, role, role, err);
}

void control_close(struct control_client **client)
{
    if (!*client)
        return;
    close((*client)->fd);
    control_reader_free(&(*client)->reader);
    xfree(client);
}

/* Half a body is no request: the daemon sees the connection end inside it, and does nothing. */
static int give_up(struct control_client *client, struct err *err)
{
    shutdown(client->fd, SHUT_RDWR);
    return err_set(err, "not asked, since what was to be sent could not be read to its end");
}

static int send_body(struct control_client *client, const struct control_question *question,
                     struct err *err)
{
    struct span piece;

    while (question->body && (piece = question->body(question->body_ctx)).len > 0)
        while (piece.len > 0) {
            struct span frame = piece;

            if (frame.len > CONTROL_MAX_FRAME)
                frame.len = CONTROL_MAX_FRAME;
            if (control_write(client->fd, 'D', frame, err) == -1)
                return -1;
            piece = span_from(piece.ptr + frame.len, piece.len - frame.len);
        }
    if (question->is_body_broken && *question->is_body_broken)
        return give_up(client, err);
    return control_write(client->fd, 'E', SPAN("{}"), err);
}

static int send_request(struct control_client *client, const struct control_question *question,
                        struct err *err)
{
    json_t *args = question->args ? json_incref(question->args) : json_object();
    json_t *request =
        json_pack("{s:i,s:I,s:s,s:o}", "v", CONTROL_VERSION, "id", (json_int_t)client->last_id,
                  "do", question->command, "args", args);
    int result;

    if (question->user)
        json_object_set_new(request, "user", control_text(span_of(question->user)));
    result = control_write_json(client->fd, 'J', request, err);

    json_decref(request);
    return result;
}

/* A J or E frame as an object that answers this request, or the connection as such (id 0: too many of them); NULL when it
 * answers neither. Owned by the caller. */
static json_t *load_answer(const struct control_client *client, struct span payload)
{
    json_t *object = json_loadb(payload.ptr, payload.len, JSON_ALLOW_NUL, NULL);
    json_t *id = json_object_get(object, "id");

    if (json_is_integer(id) &&
        ((uint64_t)json_integer_value(id) == client->last_id || json_integer_value(id) == 0))
        return object;
    json_decref(object);
    return NULL;
}

static void hand_row(const struct control_sink *sink, json_t *answer)
{
    json_t *row = json_object_get(answer, "row");

    if (sink && sink->row && json_is_object(row))
        sink->row(sink->ctx, row);
}

static enum control_exit finish(json_t *answer, struct err *message_r)
{
    const char *text = json_string_value(json_object_get(answer, "message"));
    json_int_t code = json_integer_value(json_object_get(answer, "exit"));

    err_reset(message_r);
    if (text && *text)
        err_set(message_r, "%s", text);
    return code >= EXIT_OK && code <= EXIT_PARTIAL ? (enum control_exit)code : EXIT_PARTIAL;
}

/* Takes the answer frame by frame; -1: the connection is of no more use. */
static int take_answer(struct control_client *client, const struct control_question *question,
                       enum control_exit *exit_r, struct err *err)
{
    const struct control_sink *sink = question->sink;
    struct control_frame frame;
    json_t *answer;
    int got;

    while ((got = control_read(client->reader, &frame, question->timeout_ms, err)) == 1) {
        if (frame.type == 'D') {
            if (sink && sink->data)
                sink->data(sink->ctx, frame.payload);
            continue;
        }
        answer = load_answer(client, frame.payload);
        if (!answer)
            return err_set(err, "an answer to something else");
        if (frame.type == 'J')
            hand_row(sink, answer);
        else
            *exit_r = finish(answer, err);
        json_decref(answer);
        if (frame.type == 'E')
            return 0;
    }
    return got == 0 ? err_set(err, "it closed the connection") : -1;
}

/* A daemon that will not hear us may still have said why. */
static int ask(struct control_client *client, const struct control_question *question,
               enum control_exit *exit_r, struct err *err)
{
    struct control_question brief = *question;
    struct err unused;

    brief.timeout_ms = LAST_WORDS_MS;
    if (send_request(client, question, err) == 0 && send_body(client, question, err) == 0)
        return take_answer(client, question, exit_r, err);
    if (take_answer(client, &brief, exit_r, &unused) == -1)
        return -1;
    *err = unused;
    return 0;
}

enum control_exit control_ask(struct control_client *client,
                              const struct control_question *question, struct err *message_r)
{
    enum control_exit code = EXIT_UNREACHABLE;
    struct err unused;

    if (!message_r)
        message_r = &unused;
    client->last_id++;
    if (ask(client, question, &code, message_r) == 0)
        return code;
    err_prefix(message_r, "postgate-%s", client->program);
    return EXIT_UNREACHABLE;
}
