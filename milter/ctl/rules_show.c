/* rules_show: revisions as policyd keeps them: show, history, rollback. */
#include <stdlib.h>
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"
#include "milter/ctl/rules.h"

static const struct column history_columns[] = {{"REVISION", "revision", true},
                                                {"TIME", "time", false},
                                                {"AUTHOR", "author", false},
                                                {"NOTE", "note", false},
                                                {NULL, NULL, false}};

static void take_row(void *ctx, json_t *row)
{
    struct fetched *revision = ctx;

    if (!revision->row)
        revision->row = json_incref(row);
}

static void take_text(void *ctx, struct span bytes)
{
    struct fetched *revision = ctx;

    if (revision->text.len + bytes.len <= RULES_MAX_BYTES)
        str_add(&revision->text, bytes);
}

enum control_exit fetched_get(const struct ctl *ctl, uint64_t number, struct fetched *fetched_r)
{
    struct control_sink sink = {take_row, take_text, fetched_r};
    json_t *args =
        number > 0 ? json_pack("{s:I}", "revision", (json_int_t)number) : json_object();
    struct ctl_question question = {.command = "rules.show",
                                    .args = args,
                                    .role = ROLE_READ,
                                    .sink = &sink,
                                    .is_quiet = true};
    struct err message = {""};
    enum control_exit code;

    *fetched_r = (struct fetched){0};
    code = ctl_ask(ctl, &question, &message);
    if (code == EXIT_INVALID && number == 0)
        return EXIT_OK;
    if (code != EXIT_OK)
        ctl_say("%s", message.text);
    return code;
}

uint64_t fetched_number(const struct fetched *revision)
{
    json_int_t number = json_integer_value(json_object_get(revision->row, "revision"));

    return number > 0 ? (uint64_t)number : 0;
}

void fetched_clear(struct fetched *revision)
{
    json_decref(revision->row);
    revision->row = NULL;
    str_clear(&revision->text);
}

static const char *text_of(const struct fetched *revision, const char *key)
{
    const char *text = json_string_value(json_object_get(revision->row, key));

    return text ? text : "";
}

static void print_revision(const struct ctl *ctl, struct fetched *revision)
{
    if (ctl->is_json) {
        json_object_set_new(revision->row, "text", control_text(str_span(&revision->text)));
        print_json(revision->row);
        return;
    }
    print_bytes(ctl, str_span(&revision->text));
    ctl_say("revision %llu by %s, %s%s%s", (unsigned long long)fetched_number(revision),
            text_of(revision, "author"), text_of(revision, "time"),
            *text_of(revision, "note") ? ": " : "", text_of(revision, "note"));
}

static uint64_t number_of(const char *text)
{
    uint64_t number = 0;

    if (text)
        span_to_u64(span_of(text), INT64_MAX, &number);
    return number;
}

int rules_show_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct fetched revision;
    enum control_exit code =
        fetched_get(ctl, number_of(arguments_get(arguments, "N")), &revision);

    if (code == EXIT_OK && !revision.row) {
        ctl_say("no rules are in force yet; milter-ctl rules apply FILE publishes the first "
                "revision");
        code = EXIT_INVALID;
    }
    if (code == EXIT_OK)
        print_revision(ctl, &revision);
    fetched_clear(&revision);
    return code;
}

int rules_history_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {table_row, NULL, &table};
    struct ctl_question question = {
        .command = "rules.history", .role = ROLE_READ, .sink = &sink};
    enum control_exit code;

    (void)arguments;
    table_begin(&table, ctl, history_columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, code == EXIT_OK ? "there is no revision yet" : NULL);
    return code;
}

int rules_rollback_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct control_sink sink = {print_row, NULL, ctl};
    const char *note = arguments_get(arguments, "--note");
    struct ctl_question question = {.command = "rules.rollback", .role = ROLE_ADMIN};

    if (ctl->is_json)
        question.sink = &sink;
    question.args =
        json_pack("{s:I,s:o}", "revision", (json_int_t)number_of(arguments_get(arguments, "N")),
                  "note", control_text(span_of(note)));
    return ctl_ask(ctl, &question, NULL);
}
