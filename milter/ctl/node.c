/* node: the nodes of the cluster; a machine without one is a single node. */
#include <stdio.h>
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {{"NODE", "node", false},
                                        {"ID", "id", false},
                                        {"STATE", "state", false},
                                        {"SINCE", "since", false},
                                        {"VERSION", "version", false},
                                        {"REVISION", "revision", true},
                                        {"RULES", "rules", false},
                                        {"LOAD", "load", true},
                                        {"REQ/S", "requests_per_second", true},
                                        {"TROUBLE", "trouble", false},
                                        {NULL, NULL, false}};

/* Rules on trial stand where ACK stands otherwise. */
static void node_table_row(void *ctx, json_t *row)
{
    const json_t *canary = json_object_get(row, "canary");
    const char *state = json_string_value(json_object_get(canary, "state"));
    const struct table *table = ctx;

    if (!table->ctl->is_json && state != NULL && strcmp(state, "trial") == 0)
        json_object_set_new(row, "rules", json_string("TRIAL"));
    table_row(ctx, row);
}

int node_list_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {node_table_row, NULL, &table};
    struct ctl_question question = {.command = "node.list", .role = ROLE_READ, .sink = &sink};
    enum control_exit code;

    (void)arguments;
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, NULL);
    return code;
}

static enum control_exit ask(struct ctl *ctl, const char *command,
                             const struct arguments *arguments)
{
    struct control_sink sink = {print_row, NULL, ctl};
    const char *node = arguments_get(arguments, "NODE");
    struct ctl_question question = {.command = command, .role = ROLE_ADMIN};

    if (ctl->is_json)
        question.sink = &sink;
    question.args =
        json_pack("{s:o,s:b}", "node", control_text(span_of(node != NULL ? node : "here")),
                  "force", (int)arguments_has(arguments, "--force"));
    return ctl_ask(ctl, &question, NULL);
}

int node_drain_run(struct ctl *ctl, const struct arguments *arguments)
{
    return ask(ctl, "drain", arguments);
}

int node_resume_run(struct ctl *ctl, const struct arguments *arguments)
{
    return ask(ctl, "resume", arguments);
}

int node_forget_run(struct ctl *ctl, const struct arguments *arguments)
{
    return ask(ctl, "node.forget", arguments);
}

/* cluster status: a record, then what is not in order, then the nodes. */
static const struct column subject_columns[] = {
    {"SUBJECT", "subject", false}, {"STATE", "state", false}, {"APPLIED", "applied", true},
    {"HEAD", "head", true},        {"WHY", "why", false},     {NULL, NULL, false}};

struct cluster_status {
    const struct ctl *ctl;
    struct table subjects, nodes;
};

static void take_status(void *ctx, json_t *row)
{
    struct cluster_status *status = ctx;
    const char *what = json_string_value(json_object_get(row, "what"));
    char name[16];

    if (status->ctl->is_json) {
        print_json(row);
        return;
    }
    snprintf(name, sizeof(name), "%.15s", what ? what : "");
    json_object_del(row, "what");
    if (strcmp(name, "cluster") == 0)
        print_record(status->ctl, NULL, row);
    else if (strcmp(name, "node") == 0)
        node_table_row(&status->nodes, row);
    else
        table_row(&status->subjects, row);
}

int cluster_status_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct cluster_status status = {.ctl = ctl};
    struct control_sink sink = {take_status, NULL, &status};
    struct ctl_question question = {
        .command = "cluster.status", .role = ROLE_READ, .sink = &sink};
    enum control_exit code;

    (void)arguments;
    table_begin(&status.subjects, ctl, subject_columns);
    table_begin(&status.nodes, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&status.subjects, NULL);
    table_end(&status.nodes, NULL);
    return code;
}
