/* milter_link.c - asks the milter over its control socket, in the role of whoever asked us. */
#include <stdatomic.h>
#include "control/client.h"
#include "policyd/health.h"
#include "policyd/milter_link.h"

#define POKE_TIMEOUT_MS 1000
/* As long as milter-ctl waits: a milter that hangs keeps no thread of ours for ever. */
#define FORWARD_TIMEOUT_MS 300000

static const char *control_dir;
static atomic_bool has_answered; /* both start together: not to answer yet is no news */

void milter_link_begin(const char *dir)
{
    control_dir = dir;
}

static struct control_client *reach_as(enum control_role role, struct err *err)
{
    struct control_client *client = control_connect_as(control_dir, "milter", role, err);

    if (client != NULL)
        has_answered = true;
    return client;
}

static void note(bool is_there, const struct err *err)
{
    health_set("milter", !is_there, LOG_LEVEL_WARN, "%s", is_there ? "" : err->text);
}

static struct control_client *connect_as(enum control_role role, struct err *err)
{
    struct control_client *client = reach_as(role, err);

    note(client != NULL, err);
    return client;
}

void milter_link_poke(void)
{
    static const struct control_question poke = {.command = "snapshot.reload",
                                                 .timeout_ms = POKE_TIMEOUT_MS};
    struct err err;
    struct control_client *client = reach_as(ROLE_OPERATE, &err);

    if (has_answered)
        note(client != NULL, &err);
    if (client == NULL)
        return; /* it finds what is published by itself once it runs */
    control_ask(client, &poke, &err);
    control_close(&client);
}

void milter_link_probe(void)
{
    struct err err;
    struct control_client *client = connect_as(ROLE_READ, &err);

    control_close(&client);
}

static void keep_row(void *ctx, json_t *object)
{
    json_t **row = ctx;

    if (*row == NULL)
        *row = json_incref(object);
}

json_t *milter_link_status(void)
{
    json_t *row = NULL;
    const struct control_sink sink = {keep_row, NULL, &row};
    const struct control_question question = {
        .command = "status", .sink = &sink, .timeout_ms = POKE_TIMEOUT_MS};
    struct err err;
    struct control_client *client = reach_as(ROLE_READ, &err);

    if (has_answered)
        note(client != NULL, &err);
    if (client != NULL)
        control_ask(client, &question, &err);
    control_close(&client);
    return row;
}

struct passing {
    struct control_call *call;
    bool is_broken; /* our client went away within its body */
};

static struct span next_piece(void *ctx)
{
    struct passing *passing = ctx;
    struct span piece;
    struct err err;
    int state = control_body(passing->call, &piece, &err);

    passing->is_broken = state < 0;
    return state == 1 ? piece : SPAN("");
}

static void pass_row(void *ctx, json_t *object)
{
    control_row(ctx, json_incref(object));
}

static void pass_data(void *ctx, struct span bytes)
{
    control_data(ctx, bytes);
}

/* The question goes in the role and in the name of whoever asked us. */
static enum control_exit pass(struct control_call *call, struct control_question *question,
                              struct err *err)
{
    struct control_client *client = connect_as(call->role, err);
    enum control_exit code;

    if (client == NULL)
        return EXIT_UNREACHABLE;
    question->args = call->args;
    question->user = call->user;
    code = control_ask(client, question, err);
    control_close(&client);
    return code;
}

enum control_exit milter_link_forward(const char *command, struct control_call *call,
                                      struct err *err)
{
    struct control_sink sink = {pass_row, pass_data, call};
    struct passing passing = {call, false};
    struct control_question question = {.command = command,
                                        .body = next_piece,
                                        .body_ctx = &passing,
                                        .sink = &sink,
                                        .timeout_ms = FORWARD_TIMEOUT_MS,
                                        .is_body_broken = &passing.is_broken};

    return pass(call, &question, err);
}

enum control_exit milter_link_ask(const char *command, struct control_call *call,
                                  int timeout_ms, struct err *err)
{
    struct control_sink sink = {pass_row, pass_data, call};

    return milter_link_collect(command, call, &sink, timeout_ms, err);
}

enum control_exit milter_link_collect(const char *command, struct control_call *call,
                                      const struct control_sink *sink, int timeout_ms,
                                      struct err *err)
{
    struct control_question question = {
        .command = command, .sink = sink, .timeout_ms = timeout_ms};

    return pass(call, &question, err);
}
