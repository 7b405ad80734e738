/* report dmarc: what a day's mail amounts to for the domains that ask for DMARC reports, and the sending of these. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {
    {"DOMAIN", "domain", false}, {"MESSAGES", "messages", true},
    {"PASS", "pass", true},      {"FAIL", "fail", true},
    {"ROWS", "rows", true},      {"POLICY", "policy", false},
    {"REPORT", "state", false},  {"TO", "to", false},
    {"WHY", "why", false},       {NULL, NULL, false}};

/* A list of addresses stands in one column. */
static void report_row(void *ctx, json_t *row)
{
    const struct table *table = ctx;
    struct str text = STR_EMPTY;
    const json_t *address;
    size_t i;

    if (!table->ctl->is_json) {
        json_array_foreach(json_object_get(row, "to"), i, address)
            str_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(address));
        json_object_set_new(row, "to", control_text(str_span(&text)));
        str_clear(&text);
    }
    table_row(ctx, row);
}

static void set_text(json_t *args, const char *name, const char *value)
{
    if (value != NULL)
        json_object_set_new(args, name, control_text(span_of(value)));
}

int report_dmarc_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {report_row, NULL, &table};
    struct ctl_question question = {
        .command = "dmarc.report", .role = ROLE_OPERATE, .sink = &sink};
    enum control_exit code;

    question.args = json_object();
    set_text(question.args, "day", arguments_get(arguments, "--day"));
    set_text(question.args, "domain", arguments_get(arguments, "--domain"));
    if (arguments_has(arguments, "--send"))
        json_object_set_new(question.args, "send", json_true());
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, code == EXIT_OK
                          ? "no mail of that day came from a domain with a DMARC record"
                          : NULL);
    return code;
}
