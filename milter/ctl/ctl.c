/* ctl: asks the daemons and speaks to people on stderr. */
#include "milter/ctl/ctl.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/sinks.h"

/* Longer than any deadline of a daemon; an import of ten million items takes some seconds. */
#define ANSWER_TIMEOUT_MS 300000
#define TEXT_SIZE         4096

static void say(struct span text)
{
    struct str line = STR_EMPTY;

    sink_terminal(&line, text);
    fprintf(stderr, "%s\n", str_cstr(&line));
    str_clear(&line);
}

void ctl_say(const char *fmt, ...)
{
    char text[TEXT_SIZE];
    int used = snprintf(text, sizeof(text), "milter-ctl: ");
    va_list args;

    va_start(args, fmt);
    vsnprintf(text + used, sizeof(text) - (size_t)used, fmt, args);
    va_end(args);
    say(span_of(text));
}

void ctl_say_lines(struct span text)
{
    struct span line;

    if (span_ends(text, SPAN("\n")))
        text.len--;
    while (text.len > 0 && span_cut(&text, '\n', &line))
        say(line);
}

int ctl_load_settings(struct ctl *ctl)
{
    struct str problems = STR_EMPTY;
    int result = ctl->settings ? 0 : settings_load(&ctl->settings, ctl->config_path, &problems);

    if (result == -1)
        ctl_say_lines(str_span(&problems));
    str_clear(&problems);
    return result;
}

static struct control_client *connect_to(const struct ctl *ctl,
                                         const struct ctl_question *question, struct err *err)
{
    const char *dir = ctl->settings->control_dir;
    struct control_client *client = control_connect(dir, "policyd", question->role, err);
    struct err second = {""};

    if (client || !question->milter_too)
        return client;
    ctl_say("%s", err->text);
    client = control_connect(dir, "milter", question->role, &second);
    if (!client)
        *err = second;
    return client;
}

static enum control_exit ask(struct control_client *client, const struct ctl_question *question,
                             struct err *err)
{
    struct control_question asked = {.command = question->command,
                                     .args = question->args,
                                     .body = question->body,
                                     .body_ctx = question->body_ctx,
                                     .sink = question->sink,
                                     .timeout_ms = ANSWER_TIMEOUT_MS,
                                     .is_body_broken = question->is_body_broken};

    return control_ask(client, &asked, err);
}

enum control_exit ctl_ask(const struct ctl *ctl, const struct ctl_question *question,
                          struct err *message_r)
{
    struct err message = {""};
    struct control_client *client = connect_to(ctl, question, &message);
    enum control_exit code = EXIT_UNREACHABLE;

    if (client)
        code = ask(client, question, &message);
    control_close(&client);
    json_decref(question->args);
    if (*message.text && !question->is_quiet)
        ctl_say("%s", message.text);
    if (message_r)
        *message_r = message;
    return code;
}

int ctl_read_file(const char *path, size_t limit, struct str *out)
{
    struct err err = {""};
    int got = strcmp(path, "-") == 0
                  ? file_read_fd(STDIN_FILENO, "standard input", limit, out, &err)
                  : file_read(path, limit, out, &err);

    if (got == -1)
        ctl_say("%s", err.text);
    return got;
}
