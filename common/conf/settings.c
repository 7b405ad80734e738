/* settings: reads postgate.cf by the table and collects every problem, not only the first. */
#include "conf/settings.h"
#include <unistd.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "conf/lexer.h"
#include "conf/settings_check.h"
#include "conf/settings_table.h"

#define PROBLEMS_PRINTED 50

struct reading {
    struct settings *settings;
    const char *file;
    struct str *problems;
    size_t problem_count;
    uint32_t *lines; /* a row: where it was set, 0 for not */
};

static void add_problem(struct reading *reading, uint32_t line, const char *name,
                        const char *text)
{
    if (++reading->problem_count > PROBLEMS_PRINTED)
        return;
    str_adds(reading->problems, reading->file);
    if (line > 0)
        str_printf(reading->problems, ":%u", line);
    str_adds(reading->problems, ": ");
    if (name)
        str_printf(reading->problems, "%s: ", name);
    str_printf(reading->problems, "%s\n", text);
}

static void set_defaults(struct settings *settings)
{
    for (const struct setting_row *row = settings_table; row->name; row++)
        settings_table_set(row, settings, span_of(row->default_text), NULL);
}

/* Defaults that depend on something else. */
static void find_defaults(struct settings *settings)
{
    char host[256] = "";
    bool is_name;

    if (settings->lines[settings_table_find(SPAN("inspect_timeout"))] == 0 &&
        settings->inspect_timeout > settings->message_deadline)
        settings->inspect_timeout = settings->message_deadline;
    if (!*settings->node_name) {
        gethostname(host, sizeof(host) - 1);
        is_name = setting_type_check(SETTING_NAME, span_of(host), NULL) == 0;
        settings->node_name = arena_strdup(settings->arena, is_name ? host : "localhost");
    }
    if (!*settings->authserv_id)
        settings->authserv_id = settings->node_name;
}

static void unknown_name(struct reading *reading, const struct conf_line *line)
{
    const char *nearest = settings_table_nearest(line->name);
    struct span name = line->name;
    struct err err;

    if (name.len > 64)
        name.len = 64;
    if (nearest)
        err_set(&err, "there is no setting `%.*s`; did you mean %s?", SPAN_ARG(name), nearest);
    else
        err_set(&err, "there is no setting `%.*s`; milter-ctl config --all shows them",
                SPAN_ARG(name));
    add_problem(reading, line->line, NULL, err.text);
}

static void read_line(struct reading *reading, const struct conf_line *line)
{
    int i = settings_table_find(line->name);
    struct err err;

    if (i == -1) {
        unknown_name(reading, line);
        return;
    }
    if (reading->lines[i] != 0) {
        err_set(&err, "was set on line %u already; keep one of the two", reading->lines[i]);
        add_problem(reading, line->line, settings_table[i].name, err.text);
        return;
    }
    reading->lines[i] = line->line;
    if (settings_table_set(&settings_table[i], reading->settings, line->value, &err) == -1)
        add_problem(reading, line->line, settings_table[i].name, err.text);
}

static void read_lines(struct reading *reading, struct span text)
{
    struct conf_lexer lexer;
    struct conf_line line;
    struct err err;
    int more;

    conf_lexer_init(&lexer, text, reading->settings->arena);
    while ((more = conf_lexer_next(&lexer, &line, &err)) != 0) {
        if (more == -1)
            add_problem(reading, line.line, NULL, err.text);
        else
            read_line(reading, &line);
    }
}

/* A cross-check's complaint goes to the line that set it, or, when that is a default, to the file. */
static void add_complaint(void *ctx, const char *name, const char *text)
{
    struct reading *reading = ctx;

    add_problem(reading, reading->lines[settings_table_find(span_of(name))], name, text);
}

static void add_unused(struct reading *reading)
{
    size_t count = 0;

    for (const struct setting_row *row = settings_table; row->name; row++) {
        if (!(row->flags & SETTING_LATER) || settings_table_is_default(row, reading->settings))
            continue;
        if (count++ == 0)
            str_printf(reading->problems,
                       "%s: warning: accepted, but not used by this version: ", reading->file);
        else
            str_adds(reading->problems, ", ");
        str_adds(reading->problems, row->name);
    }
    if (count > 0)
        str_addc(reading->problems, '\n');
}

static void finish(struct reading *reading)
{
    const struct settings_complaints complaints = {add_complaint, reading};

    find_defaults(reading->settings);
    if (reading->problem_count == 0)
        settings_check(reading->settings, &complaints);
    if (reading->problem_count == 0)
        add_unused(reading);
    else if (reading->problem_count > PROBLEMS_PRINTED)
        str_printf(reading->problems, "%s: and %zu more\n", reading->file,
                   reading->problem_count - PROBLEMS_PRINTED);
}

static struct settings *settings_new(void)
{
    struct settings *settings = xcalloc(1, sizeof(*settings));

    settings->arena = arena_new();
    return settings;
}

void settings_free(struct settings **settings)
{
    if (!*settings)
        return;
    arena_free(&(*settings)->arena);
    xfree(settings);
}

int settings_parse(struct settings **settings_r, struct span text, const char *file,
                   struct str *problems)
{
    struct settings *settings = settings_new();
    struct reading reading = {settings, file, problems, 0, NULL};

    reading.lines =
        arena_array(settings->arena, settings_table_count(), sizeof(*reading.lines));
    settings->lines = reading.lines;
    set_defaults(settings);
    if (text.len > SETTINGS_MAX_BYTES)
        add_problem(&reading, 0, NULL, "larger than 1 MB; this is hardly a file of settings");
    else
        read_lines(&reading, text);
    finish(&reading);
    *settings_r = settings;
    if (reading.problem_count == 0)
        return 0;
    settings_free(settings_r);
    return -1;
}

int settings_load(struct settings **settings_r, const char *path, struct str *problems)
{
    struct str text = STR_EMPTY;
    struct err err;
    int result;

    *settings_r = NULL;
    if (file_read(path, SETTINGS_MAX_BYTES, &text, &err) == -1) {
        str_printf(problems, "%s\n", err.text);
        str_clear(&text);
        return -1;
    }
    result = settings_parse(settings_r, str_span(&text), path, problems);
    str_clear(&text);
    return result;
}
