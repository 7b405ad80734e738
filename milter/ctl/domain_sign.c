/* domain sign, unsign, keys: the keys that mail of our domains is signed with. */
#include <stdio.h>
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

#define KEY_MAX    16384 /* bytes of a file with a key */
#define STRING_MAX 255   /* bytes of one string of a TXT record (RFC 1035 section 3.3.14) */

static const struct column columns[] = {
    {"DOMAIN", "domain", false},       {"SELECTOR", "selector", false},
    {"ALGORITHM", "algorithm", false}, {"SIGNS", "signs", false},
    {"MADE", "made", false},           {NULL, NULL, false}};

static const char *text_of(json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text != NULL ? text : "";
}

/* As a zone file has it: a record of more than one string. */
static void print_zone_line(void *ctx, json_t *row)
{
    const struct ctl *ctl = ctx;
    struct span record = span_of(text_of(row, "record"));
    struct str line = STR_EMPTY;

    if (ctl->is_json) {
        print_json(row);
        return;
    }
    str_printf(&line, "%s. IN TXT (", text_of(row, "name"));
    for (size_t at = 0; at < record.len; at += STRING_MAX) {
        size_t len = record.len - at < STRING_MAX ? record.len - at : STRING_MAX;
        str_printf(&line, " \"%.*s\"", (int)len, record.ptr + at);
    }
    str_adds(&line, " )\n");
    print_bytes(ctl, str_span(&line));
    str_clear(&line);
}

static void print_new_key(void *ctx, json_t *row)
{
    const struct ctl *ctl = ctx;

    print_zone_line(ctx, row);
    if (ctl->is_json)
        return;
    if (json_is_true(json_object_get(row, "signs")))
        ctl_say("mail from %s that leaves through the staging listener is signed from now on",
                text_of(row, "domain"));
    else
        ctl_say("publish this record; mail is signed from the minute it is seen in DNS "
                "(milter-ctl domain keys, milter-ctl doctor)");
}

static struct span give_key(void *ctx)
{
    struct span *left = ctx, piece = *left;

    *left = span_from(NULL, 0);
    return piece;
}

static json_t *argument_of(const struct arguments *arguments, const char *name)
{
    const char *value = arguments_get(arguments, name);

    return control_text(span_of(value != NULL ? value : ""));
}

int domain_sign_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct control_sink sink = {print_new_key, NULL, ctl};
    struct ctl_question question = {
        .command = "signing.add", .role = ROLE_ADMIN, .sink = &sink};
    const char *file = arguments_get(arguments, "--key");
    struct str pem = STR_EMPTY;
    struct span left;
    enum control_exit code = EXIT_INVALID;

    if (file == NULL || ctl_read_file(file, KEY_MAX, &pem) == 0) {
        left = str_span(&pem);
        if (file != NULL) {
            question.body = give_key;
            question.body_ctx = &left;
        }
        question.args =
            json_pack("{s:o,s:o,s:o,s:b}", "domain", argument_of(arguments, "DOMAIN"),
                      "selector", argument_of(arguments, "--selector"), "algorithm",
                      argument_of(arguments, "--algorithm"), "now",
                      (int)arguments_has(arguments, "--now"));
        code = ctl_ask(ctl, &question, NULL);
    }
    str_wipe(&pem);
    return code;
}

int domain_unsign_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct ctl_question question = {.command = "signing.remove", .role = ROLE_ADMIN};

    question.args = json_pack("{s:o,s:o}", "domain", argument_of(arguments, "DOMAIN"),
                              "selector", argument_of(arguments, "--selector"));
    return ctl_ask(ctl, &question, NULL);
}

/* yes, which newer one does, or that its record is waited for. */
static void key_table_row(void *ctx, json_t *row)
{
    const struct table *table = ctx;
    const char *newer = text_of(row, "newer");
    struct str text = STR_EMPTY;

    if (newer[0] != '\0')
        str_printf(&text, "no, %s does", newer);
    else
        str_adds(&text, json_is_true(json_object_get(row, "signs")) ? "yes" : "when published");
    if (!table->ctl->is_json)
        json_object_set_new(row, "signs", json_string(str_cstr(&text)));
    str_clear(&text);
    table_row(ctx, row);
}

int domain_keys_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink records = {print_zone_line, NULL, ctl},
                        rows = {key_table_row, NULL, &table};
    struct ctl_question question = {
        .command = "signing.list", .role = ROLE_READ, .sink = &rows};
    bool shows_records = arguments_has(arguments, "--records");
    enum control_exit code;

    if (shows_records)
        question.sink = &records;
    question.args = json_pack("{s:o}", "domain", argument_of(arguments, "DOMAIN"));
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, code == EXIT_OK && !shows_records
                          ? "no mail is signed yet; milter-ctl domain sign DOMAIN --selector s1"
                          : NULL);
    return code;
}
