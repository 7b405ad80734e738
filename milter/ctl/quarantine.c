/* quarantine: what is kept, on all nodes of a cluster: list, show, release, delete; reindex on this one. */
#include <stdio.h>
#include "base/hash.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {
    {"ID", "id", false},     {"STATE", "state", false},   {"TIME", "time", false},
    {"NODE", "node", false}, {"SENDER", "sender", false}, {"TO", "recipients", false},
    {"RULE", "rule", false}, {"REASON", "reason", false}, {NULL, NULL, false}};

/* The milter alone knows of this machine only: it is not asked for what another node may have. */
static bool is_for_here(const struct arguments *arguments)
{
    return !arguments_get(arguments, "--node") && !arguments_has(arguments, "--copy");
}

/* Which message, of which node, the copy of it or itself. */
static json_t *args_of(const struct arguments *arguments)
{
    const char *id = arguments_get(arguments, "ID"), *node = arguments_get(arguments, "--node");
    json_t *args = json_object();

    if (id)
        json_object_set_new(args, "id", control_text(span_of(id)));
    if (node)
        json_object_set_new(args, "node", control_text(span_of(node)));
    if (arguments_has(arguments, "--copy"))
        json_object_set_new(args, "copy", json_true());
    return args;
}

/* What cannot be had now is said beside what it is. */
static void list_row(void *ctx, json_t *row)
{
    struct table *table = ctx;
    const char *since = json_string_value(json_object_get(row, "node_away_since"));
    const char *state = json_string_value(json_object_get(row, "state"));
    struct str text = STR_EMPTY;

    if (since && state && !table->ctl->is_json) {
        str_printf(&text, "%s, node %s%s", state, *since ? "away since " : "never seen", since);
        json_object_set_new(row, "state", control_text(str_span(&text)));
        str_clear(&text);
    }
    table_row(table, row);
}

int quarantine_list_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {list_row, NULL, &table};
    struct ctl_question question = {.command = "quarantine.list",
                                    .role = ROLE_READ,
                                    .sink = &sink,
                                    .milter_too = is_for_here(arguments)};
    const char *state = arguments_get(arguments, "--state"),
               *node = arguments_get(arguments, "--node"),
               *limit = arguments_get(arguments, "--limit");
    enum control_exit code;
    uint64_t number;

    question.args = json_object();
    if (state)
        json_object_set_new(question.args, "state", control_text(span_of(state)));
    if (node)
        json_object_set_new(question.args, "node", control_text(span_of(node)));
    if (limit && span_to_u64(span_of(limit), INT64_MAX, &number))
        json_object_set_new(question.args, "limit", json_integer((json_int_t)number));
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, code == EXIT_OK ? "nothing is in quarantine" : NULL);
    return code;
}

/* A message with its row: the bytes go out as they come, with --json they are put into the row. */
struct shown {
    const struct ctl *ctl;
    json_t *row;
    struct str bytes;
    bool is_raw;
};

static void show_row(void *ctx, json_t *row)
{
    struct shown *shown = ctx;

    if (shown->is_raw)
        shown->row = shown->row ? shown->row : json_incref(row);
    else
        print_row((void *)(uintptr_t)shown->ctl, row);
}

static void show_bytes(void *ctx, struct span bytes)
{
    struct shown *shown = ctx;

    if (shown->ctl->is_json || shown->ctl->is_terminal)
        str_add(&shown->bytes, bytes);
    else
        fwrite(bytes.ptr, 1, bytes.len, stdout);
}

static void show_end(struct shown *shown)
{
    struct str text = STR_EMPTY;

    if (shown->row && shown->ctl->is_json) {
        hash_base64(&text, str_span(&shown->bytes));
        json_object_set_new(shown->row, "message_base64", control_text(str_span(&text)));
        print_json(shown->row);
    } else {
        print_bytes(shown->ctl, str_span(&shown->bytes));
    }
    json_decref(shown->row);
    str_clear(&shown->bytes);
    str_clear(&text);
}

int quarantine_show_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct shown shown = {.ctl = ctl, .is_raw = arguments_has(arguments, "--raw")};
    struct control_sink sink = {show_row, show_bytes, &shown};
    struct ctl_question question = {.command = "quarantine.show",
                                    .role = ROLE_OPERATE,
                                    .sink = &sink,
                                    .milter_too = is_for_here(arguments)};
    enum control_exit code;

    question.args = args_of(arguments);
    json_object_set_new(question.args, "raw", json_boolean(shown.is_raw));
    code = ctl_ask(ctl, &question, NULL);
    show_end(&shown);
    return code;
}

static enum control_exit change(struct ctl *ctl, const char *command,
                                const struct arguments *arguments)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {.command = command,
                                    .args = args_of(arguments),
                                    .role = ROLE_OPERATE,
                                    .milter_too = is_for_here(arguments)};

    if (ctl->is_json)
        question.sink = &sink;
    return ctl_ask(ctl, &question, NULL);
}

int quarantine_release_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "quarantine.release", arguments);
}

int quarantine_delete_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "quarantine.delete", arguments);
}

int quarantine_reindex_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "quarantine.reindex", arguments);
}
