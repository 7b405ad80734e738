/* call: one connection of the control server, one request after the other. */
#include "control/call.h"
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include "base/log.h"
#include "base/xalloc.h"

int control_body(struct control_call *call, struct span *bytes_r, struct err *err)
{
    struct control_frame frame;
    int got;

    *bytes_r = span_from(NULL, 0);
    if (call->is_body_done)
        return 0;
    got = control_read(call->reader, &frame, CONTROL_IDLE_MS, err);
    if (got == 0)
        return err_set(err, "the connection ended before the request did");
    if (got == -1)
        return -1;
    if (frame.type == 'J')
        return err_set(err, "a second request inside the first");
    if (frame.type == 'E') {
        call->is_body_done = true;
        return 0;
    }
    call->body_bytes += frame.payload.len;
    if (call->body_bytes > CONTROL_MAX_BODY)
        return err_set(err, "more than %d MB in one request", CONTROL_MAX_BODY >> 20);
    *bytes_r = frame.payload;
    return 1;
}

int control_row(struct control_call *call, json_t *object)
{
    json_t *answer = json_pack("{s:I,s:o}", "id", (json_int_t)call->id, "row", object);
    struct err err;
    int result = control_write_row(call->fd, answer, &err);

    json_decref(answer);
    if (result != 0)
        log_debug("control: %s: %s", call->user, err.text);
    call->rows_lost += result == 1;
    return result == -1 ? -1 : 0;
}

int control_data(struct control_call *call, struct span bytes)
{
    while (bytes.len > 0) {
        struct span frame = bytes;

        if (frame.len > CONTROL_MAX_FRAME)
            frame.len = CONTROL_MAX_FRAME;
        if (control_write(call->fd, 'D', frame, NULL) == -1)
            return -1;
        bytes = span_from(bytes.ptr + frame.len, bytes.len - frame.len);
    }
    return 0;
}

static void learn_peer(struct control_call *call)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t size = sizeof(peer);
    struct passwd entry, *found = NULL;
    char memory[4096];

    getsockopt(call->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    call->uid = peer.uid;
    if (getpwuid_r(peer.uid, &entry, memory, sizeof(memory), &found) == 0 && found)
        snprintf(call->peer, sizeof(call->peer), "%s", found->pw_name);
    else
        snprintf(call->peer, sizeof(call->peer), "%u", peer.uid);
}

/* The name is the peer's word; what stands behind it is certain, so both are kept. */
static void name_user(struct control_call *call, const char *name)
{
    char shown[48] = "";

    for (size_t i = 0; name && name[i] && i + 1 < sizeof(shown); i++)
        shown[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
    snprintf(call->user, sizeof(call->user), "%s%s%s", shown, *shown ? " through " : "",
             call->peer);
}

static const struct control_command *find(const struct control_service *service,
                                          const char *name)
{
    for (const struct control_command *c = service->commands; c && c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static enum control_exit refuse_role(const struct control_command *command, struct err *err)
{
    const char *needed = names_name(control_role_names, command->role);

    err_set(err, "%s needs the role %s; members of the group postgate-%s and root have it",
            command->name, needed, needed);
    return EXIT_INVALID;
}

static enum control_exit run(const struct control_service *service, const char *name,
                             struct control_call *call, struct err *err)
{
    const struct control_command *command = find(service, name);

    if (command && command->role > call->role)
        return refuse_role(command, err);
    if (command)
        return command->run(call, err);
    if (service->fallback)
        return service->fallback(name, call, err);
    err_set(err, "postgate-%s knows no command `%s`", service->program, name);
    return EXIT_USAGE;
}

/* Reads what the handler left of the body. */
static int skip_body(struct control_call *call, struct err *err)
{
    struct span unused;
    int got;

    do
        got = control_body(call, &unused, err);
    while (got == 1);
    return got;
}

/* Changes are one line each in the log: who did what. */
static void note(const struct control_service *service, const struct control_call *call,
                 const char *name, enum control_exit code)
{
    const struct control_command *command = find(service, name);

    if (command && command->role > ROLE_READ)
        log_info("control: %s by %s: exit %d", name, call->user, (int)code);
}

static int write_end(struct control_call *call, enum control_exit code, struct err *text)
{
    json_t *end;
    int result;

    if (call->rows_lost > 0) {
        struct err said = *text;
        err_set(text, "%zu rows are longer than %d MB and left out%s%s", call->rows_lost,
                CONTROL_MAX_ROW >> 20, said.text[0] != '\0' ? "; " : "", said.text);
        code = code == EXIT_OK ? EXIT_PARTIAL : code;
    }
    end = json_pack("{s:I,s:i,s:o}", "id", (json_int_t)call->id, "exit", (int)code, "message",
                    control_text(span_of(text->text)));
    result = control_write_json(call->fd, 'E', end, NULL);
    json_decref(end);
    return result;
}

static int answer_request(const struct control_service *service, struct control_call *call,
                          const struct control_request *request, struct err *err)
{
    struct err text = {""};
    enum control_exit code;

    call->id = request->id;
    call->args = request->args;
    name_user(call, request->user);
    call->body_bytes = 0;
    call->is_body_done = false;
    call->rows_lost = 0;
    code = run(service, request->command, call, &text);
    note(service, call, request->command, code);
    if (skip_body(call, err) == -1)
        return -1;
    return write_end(call, code, &text) == -1 ? err_set(err, "the client is gone") : 0;
}

/* One request: 1 answered, 0 the client went away, -1 it broke the protocol or was silent too long. */
static int serve_one(const struct control_service *service, struct control_call *call,
                     struct err *err)
{
    struct control_request request;
    struct control_frame frame;
    int got = control_read(call->reader, &frame, CONTROL_IDLE_MS, err);

    if (got != 1)
        return got;
    if (frame.type != 'J')
        return err_set(err, "a request begins with a J frame");
    if (control_request_parse(frame.payload, &request, err) == -1)
        return -1;
    got = answer_request(service, call, &request, err);
    json_decref(request.root);
    return got == -1 ? -1 : 1;
}

void control_call_serve(const struct control_service *service, int fd, enum control_role role)
{
    struct control_call call = {.role = role, .fd = fd, .reader = control_reader_new(fd)};
    struct err err = {""};
    int got;

    learn_peer(&call);
    do
        got = serve_one(service, &call, &err);
    while (got == 1);
    if (got == -1)
        log_warn("control: connection of %s closed: %s", call.peer, err.text);
    control_reader_free(&call.reader);
}
