/* list: the lists of policyd: show, add, remove, import, export. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

#define PIECE 65536

static const struct column columns[] = {{"NAME", "name", false},
                                        {"TYPE", "type", false},
                                        {"ITEMS", "items", true},
                                        {"KEPT IN", "where", false},
                                        {NULL, NULL, false}};

/* Items come in pieces; each line is printed when it is whole. */
struct items {
    const struct ctl *ctl;
    const char *list;
    struct str partial;
};

static void print_item(const struct items *items, struct span line)
{
    json_t *row;

    if (items->ctl->is_json) {
        row = json_pack("{s:s,s:o}", "list", items->list, "item", control_text(line));
        print_json(row);
        json_decref(row);
        return;
    }
    print_bytes(items->ctl, line);
    if (!items->ctl->is_terminal)
        putchar('\n');
}

static void take_items(void *ctx, struct span bytes)
{
    struct items *items = ctx;
    struct str whole = items->partial;
    struct span rest, line;

    str_add(&whole, bytes);
    rest = str_span(&whole);
    items->partial = (struct str)STR_EMPTY;
    while (span_cut(&rest, '\n', &line)) {
        if (!rest.ptr)
            str_add(&items->partial, line);
        else
            print_item(items, line);
    }
    str_clear(&whole);
}

static enum control_exit export_items(struct ctl *ctl, const char *name)
{
    struct items items = {.ctl = ctl, .list = name};
    struct control_sink sink = {NULL, take_items, &items};
    struct ctl_question question = {.command = "list.export", .role = ROLE_READ, .sink = &sink};
    enum control_exit code;

    question.args = json_pack("{s:s}", "name", name);
    code = ctl_ask(ctl, &question, NULL);
    if (items.partial.len > 0)
        print_item(&items, str_span(&items.partial));
    str_clear(&items.partial);
    return code;
}

int list_export_run(struct ctl *ctl, const struct arguments *arguments)
{
    return export_items(ctl, arguments_get(arguments, "NAME"));
}

int list_show_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct table table;
    struct control_sink sink = {table_row, NULL, &table};
    struct ctl_question question = {.command = "list.show", .role = ROLE_READ, .sink = &sink};
    enum control_exit code;

    if (arguments_has(arguments, "NAME"))
        return export_items(ctl, arguments_get(arguments, "NAME"));
    table_begin(&table, ctl, columns);
    code = ctl_ask(ctl, &question, NULL);
    table_end(&table, code == EXIT_OK ? "there are no lists; rules declare them: list NAME TYPE"
                                      : NULL);
    return code;
}

static enum control_exit change(struct ctl *ctl, const char *command, json_t *args)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {.command = command, .args = args, .role = ROLE_OPERATE};

    if (ctl->is_json)
        question.sink = &sink;
    return ctl_ask(ctl, &question, NULL);
}

static json_t *items_args(const struct arguments *arguments)
{
    json_t *items = json_array();
    const char *item;
    size_t at = 0;

    while ((item = arguments_next(arguments, "ITEM", &at)))
        json_array_append_new(items, control_text(span_of(item)));
    return json_pack("{s:s,s:o,s:b}", "name", arguments_get(arguments, "NAME"), "items", items,
                     "force", (int)arguments_has(arguments, "--force"));
}

int list_add_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "list.add", items_args(arguments));
}

int list_remove_run(struct ctl *ctl, const struct arguments *arguments)
{
    return change(ctl, "list.remove", items_args(arguments));
}

struct file_body {
    int fd;
    int error;
    bool is_broken;
    uint64_t size, sent; /* size 0: not known */
    bool shows_progress; /* on a terminal */
    char bytes[PIECE];
};

/* Overwrites itself, and goes away at the end. */
static void show_progress(const struct file_body *body, bool is_over)
{
    if (!body->shows_progress || body->size == 0)
        return;
    if (is_over)
        fputs("\r       \r", stderr);
    else
        fprintf(stderr, "\r%3u %% ", (unsigned)(body->sent * 100 / body->size));
}

static struct span read_piece(void *ctx)
{
    struct file_body *body = ctx;
    ssize_t got;

    do
        got = read(body->fd, body->bytes, sizeof(body->bytes));
    while (got == -1 && errno == EINTR);
    if (got == -1)
        body->error = errno;
    body->is_broken = got == -1;
    if (got > 0)
        body->sent += (uint64_t)got;
    show_progress(body, got <= 0);
    return span_from(body->bytes, got > 0 ? (size_t)got : 0);
}

static enum control_exit import(struct ctl *ctl, const struct arguments *arguments,
                                struct file_body *body)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {.command = "list.import",
                                    .role = ROLE_OPERATE,
                                    .body = read_piece,
                                    .body_ctx = body,
                                    .is_body_broken = &body->is_broken};
    enum control_exit code;

    if (ctl->is_json)
        question.sink = &sink;
    question.args = json_pack("{s:s,s:b,s:b}", "name", arguments_get(arguments, "NAME"),
                              "replace", (int)arguments_has(arguments, "--replace"), "force",
                              (int)arguments_has(arguments, "--force"));
    code = ctl_ask(ctl, &question, NULL);
    if (body->error == 0)
        return code;
    ctl_say("reading stopped before the end: %s; nothing is changed", strerror(body->error));
    return EXIT_INVALID;
}

/* Only a large file takes so long that somebody watches. */
static void learn_size(struct file_body *body)
{
    struct stat st;

    if (fstat(body->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 16 * PIECE)
        body->size = (uint64_t)st.st_size;
    body->shows_progress = isatty(STDERR_FILENO);
}

int list_import_run(struct ctl *ctl, const struct arguments *arguments)
{
    const char *path = arguments_get(arguments, "FILE");
    bool is_file = path && strcmp(path, "-") != 0;
    struct file_body body = {.fd = is_file ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO};
    enum control_exit code;

    if (body.fd == -1) {
        ctl_say("%s: %s", path, strerror(errno));
        return EXIT_INVALID;
    }
    learn_size(&body);
    code = import(ctl, arguments, &body);
    if (is_file)
        close(body.fd);
    return code;
}
