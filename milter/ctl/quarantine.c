/* quarantine: what is kept on this node: list, show, release, delete, reindex. */
#include <stdio.h>
#include "base/hash.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {
    {"ID", "id", false},         {"STATE", "state", false},   {"TIME", "time", false},
    {"SENDER", "sender", false}, {"TO", "recipients", false}, {"RULE", "rule", false},
    {"REASON", "reason", false}, {NULL, NULL, false}};

int quarantine_list_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {table_row, NULL, &table};
    struct ctl_question question = {
        .command = "quarantine.list", .role = ROLE_READ, .sink = &sink, .milter_too = true};
    const char *state = arguments_get(arguments, "--state"),
               *limit = arguments_get(arguments, "--limit");
    enum control_exit code;
    uint64_t number;

    question.args = json_object();
    if (state)
        json_object_set_new(question.args, "state", control_text(span_of(state)));
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
    struct ctl_question question = {
        .command = "quarantine.show", .role = ROLE_OPERATE, .sink = &sink, .milter_too = true};
    enum control_exit code;

    question.args =
        json_pack("{s:o,s:b}", "id", control_text(span_of(arguments_get(arguments, "ID"))),
                  "raw", (int)shown.is_raw);
    code = ctl_ask(ctl, &question, NULL);
    show_end(&shown);
    return code;
}

static enum control_exit change(struct ctl *ctl, const char *command, const char *id)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {
        .command = command, .role = ROLE_OPERATE, .milter_too = true};

    if (ctl->is_json)
        question.sink = &sink;
    question.args = id ? json_pack("{s:o}", "id", control_text(span_of(id))) : json_object();
    return ctl_ask(ctl, &question, NULL);
}

int quarantine_release_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "quarantine.release", arguments_get(arguments, "ID"));
}

int quarantine_delete_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "quarantine.delete", arguments_get(arguments, "ID"));
}

int quarantine_reindex_run(struct ctl *ctl, const struct arguments *arguments)
{
    (void)arguments;
    return change(ctl, "quarantine.reindex", NULL);
}
