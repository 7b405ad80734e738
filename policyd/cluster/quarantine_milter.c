/* quarantine_milter.c - asks this node's milter for entries of its quarantine. */
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/cluster.h"

#define TIMEOUT_MS 20000

enum control_exit quarantine_ask_milter(const struct milter_question *question, struct err *err)
{
    struct control_client *client =
        control_connect_as(cluster_settings()->control_dir, "milter", question->role, err);
    const struct control_question asked = {.command = question->command,
                                           .args = question->args,
                                           .body = question->body,
                                           .body_ctx = question->body_ctx,
                                           .sink = question->sink,
                                           .timeout_ms = TIMEOUT_MS,
                                           .user = "cluster"};
    enum control_exit code = EXIT_UNREACHABLE;

    if (client)
        code = control_ask(client, &asked, err);
    control_close(&client);
    json_decref(question->args);
    return code;
}

static void keep_row(void *ctx, json_t *row)
{
    json_t **kept = ctx;

    if (!*kept)
        *kept = json_incref(row);
}

static void gather_row(void *ctx, json_t *row)
{
    json_array_append(ctx, row);
}

json_t *quarantine_ask_row(const char *what, enum control_exit *code_r, struct err *err)
{
    json_t *row = NULL;
    const struct control_sink sink = {keep_row, NULL, &row};
    const struct milter_question question = {
        .command = "quarantine.show",
        .role = ROLE_OPERATE,
        .args = json_pack("{s:o}", "id", control_text(span_of(what))),
        .sink = &sink};

    *code_r = quarantine_ask_milter(&question, err);
    return row;
}

json_t *quarantine_ask_rows(const char *state, const char *before, int most, struct err *err)
{
    json_t *rows = json_array();
    const struct control_sink sink = {gather_row, NULL, rows};
    const struct milter_question question = {
        .command = "quarantine.list",
        .role = ROLE_READ,
        .args = json_pack("{s:s,s:s,s:i}", "state", state, "before", before, "limit", most),
        .sink = &sink};

    if (quarantine_ask_milter(&question, err) == EXIT_OK)
        return rows;
    json_decref(rows);
    return NULL;
}

const char *quarantine_row_text(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text ? text : "";
}
