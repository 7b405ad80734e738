/* domain: accepted domains and their routes. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct column columns[] = {
    {"DOMAIN", "domain", false}, {"ROUTE", "routes", false}, {NULL, NULL, false}};

int domain_list_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {table_row, NULL, &table};
    struct ctl_question question = {.command = "domain.list", .role = ROLE_READ, .sink = &sink};
    enum control_exit code;

    (void)arguments;
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table,
              code == EXIT_OK
                  ? "no domain is accepted yet; milter-ctl domain add DOMAIN --route HOST"
                  : NULL);
    return code;
}

static enum control_exit change(struct ctl *ctl, const char *command, json_t *args)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {.command = command, .args = args, .role = ROLE_ADMIN};

    if (ctl->is_json)
        question.sink = &sink;
    return ctl_ask(ctl, &question, NULL);
}

int domain_add_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct span rest = span_of(arguments_get(arguments, "--route")), hop;
    json_t *routes = json_array();

    while (span_cut(&rest, ',', &hop))
        json_array_append_new(routes, control_text(span_trim(hop)));
    return change(ctl, "domain.add",
                  json_pack("{s:o,s:o}", "domain",
                            control_text(span_of(arguments_get(arguments, "DOMAIN"))), "routes",
                            routes));
}

int domain_remove_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "domain.remove",
                  json_pack("{s:o}", "domain",
                            control_text(span_of(arguments_get(arguments, "DOMAIN")))));
}
