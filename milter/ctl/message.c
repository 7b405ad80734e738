/* message: `message test`: what would be done with a message, asked of the milter through policyd. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

static const struct option_row {
    const char *option, *argument;
} options[] = {{"--client", "client"},
               {"--helo", "helo"},
               {"--sender", "sender"},
               {"--path", "path"},
               {"--user", "auth_user"}};

static json_t *make_args(const struct arguments *arguments)
{
    json_t *args = json_object(), *recipients = json_array();
    const char *value;
    size_t at = 0;

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if ((value = arguments_get(arguments, options[i].option)))
            json_object_set_new(args, options[i].argument, control_text(span_of(value)));
    while ((value = arguments_next(arguments, "--recipient", &at)))
        json_array_append_new(recipients, control_text(span_of(value)));
    json_object_set_new(args, "recipients", recipients);
    return args;
}

static struct span give_text(void *ctx)
{
    struct span *left = ctx, piece = *left;

    *left = span_from(NULL, 0);
    return piece;
}

int message_test_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {
        .command = "message.test", .role = ROLE_READ, .sink = &sink, .body = give_text};
    struct str text = STR_EMPTY;
    enum control_exit code = EXIT_INVALID;
    struct span left;

    if (ctl_read_file(arguments_get(arguments, "FILE"),
                      (size_t)ctl->settings->message_max_bytes, &text) == 0) {
        left = str_span(&text);
        question.body_ctx = &left;
        question.args = make_args(arguments);
        code = ctl_ask(ctl, &question, NULL);
    }
    str_clear(&text);
    return code;
}
