/* status: a record for each daemon that answers; degraded when one does not. */
#include <stdio.h>
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static void print_daemon(void *ctx, json_t *row)
{
    const struct ctl *ctl = ctx;
    const char *program = json_string_value(json_object_get(row, "program"));
    char title[80];

    if (ctl->is_json) {
        print_json(row);
        return;
    }
    snprintf(title, sizeof(title), "postgate-%.60s", program ? program : "?");
    print_record(ctl, title, row);
}

int status_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct control_sink sink = {print_daemon, NULL, ctl};
    struct ctl_question question = {.command = "status", .role = ROLE_READ, .sink = &sink};
    struct err unused = {""};
    struct control_client *policyd =
        control_connect(ctl->settings->control_dir, "policyd", ROLE_READ, &unused);
    enum control_exit code;

    (void)arguments;
    question.milter_too = policyd == NULL;
    code = ctl_ask(ctl, &question, NULL);
    if (!policyd && code == EXIT_OK)
        code = EXIT_DIFFERS;
    control_close(&policyd);
    return code;
}
