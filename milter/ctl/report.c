/* report: what was counted, as a table, JSON, CSV or picture. */
#include <stdio.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/sinks.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"
#include "milter/ctl/report_svg.h"
#include "milter/ctl/times.h"

#define CSV_COLUMNS 16

static const struct column names[] = {{"", "key", false},
                                      {"MESSAGES", "messages", true},
                                      {"DELIVERED", "delivered", true},
                                      {"STOPPED", "stopped", true},
                                      {"REFUSED", "refused", true},
                                      {"REQUESTS", "requests", true},
                                      {"BYTES", "bytes", true},
                                      {NULL, NULL, false}};
static const struct column times[] = {{"", "key", false},
                                      {"MESSAGES", "messages", true},
                                      {"DELIVERED", "delivered", true},
                                      {"STOPPED", "stopped", true},
                                      {"REFUSED", "refused", true},
                                      {"REQUESTS", "requests", true},
                                      {"BYTES", "bytes", true},
                                      {"P50 MS", "p50_ms", true},
                                      {"P90 MS", "p90_ms", true},
                                      {"P99 MS", "p99_ms", true},
                                      {NULL, NULL, false}};
static const char *const csv_columns[] = {
    "key",           "time",          "messages",      "delivered", "stopped", "refused",
    "requests",      "bytes",         "recipients",    "p50_ms",    "p90_ms",  "p99_ms",
    "policy_p50_ms", "policy_p90_ms", "policy_p99_ms", NULL};

static void collect(void *rows, json_t *row)
{
    json_array_append(rows, row);
}

static int set_time(json_t *args, const char *name, const struct arguments *arguments,
                    const char *option)
{
    const char *text = arguments_get(arguments, option);
    struct err err;
    int64_t ms;

    if (text == NULL)
        return 0;
    if (time_parse(text, clock_now_ms(), &ms, &err) != 0) {
        ctl_say("%s: %s", option, err.text);
        return -1;
    }
    json_object_set_new(args, name, json_integer((json_int_t)ms));
    return 0;
}

static json_t *arguments_of(const struct arguments *arguments)
{
    const char *by = arguments_get(arguments, "--by"),
               *node = arguments_get(arguments, "--node"),
               *limit = arguments_get(arguments, "--limit");
    json_t *args = json_object();
    uint64_t number;

    if (by != NULL)
        json_object_set_new(args, "by", control_text(span_of(by)));
    if (node != NULL)
        json_object_set_new(args, "node", control_text(span_of(node)));
    if (limit != NULL && span_to_u64(span_of(limit), INT64_MAX, &number))
        json_object_set_new(args, "limit", json_integer((json_int_t)number));
    if (set_time(args, "since", arguments, "--since") == 0 &&
        set_time(args, "until", arguments, "--until") == 0)
        return args;
    json_decref(args);
    return NULL;
}

static void add_cell(struct str *line, const json_t *value)
{
    char number[40];

    if (json_is_string(value))
        sink_csv(line, span_from(json_string_value(value), json_string_length(value)));
    else if (json_is_integer(value))
        str_printf(line, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value)) {
        snprintf(number, sizeof number, "%.3f", json_real_value(value));
        str_adds(line, number);
    }
}

static void print_csv(const json_t *rows)
{
    struct str line = STR_EMPTY;
    json_t *row;
    size_t i;

    for (size_t c = 0; csv_columns[c] != NULL; c++)
        printf("%s%s", c > 0 ? "," : "", csv_columns[c]);
    printf("\r\n");
    json_array_foreach(rows, i, row)
    {
        str_reset(&line);
        for (size_t c = 0; csv_columns[c] != NULL; c++) {
            if (c > 0)
                str_addc(&line, ',');
            add_cell(&line, json_object_get(row, csv_columns[c]));
        }
        printf("%s\r\n", str_cstr(&line));
    }
    str_clear(&line);
}

/* A table prints whole numbers; milliseconds as people read them. */
static void round_times(json_t *row)
{
    static const char *const keys[] = {"p50_ms", "p90_ms", "p99_ms"};
    char text[40];

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = json_object_get(row, keys[i]);
        if (value == NULL)
            continue;
        snprintf(text, sizeof text, json_real_value(value) < 10 ? "%.1f" : "%.0f",
                 json_real_value(value));
        json_object_set_new(row, keys[i], json_string(text));
    }
}

static void print_table(const struct ctl *ctl, const json_t *rows, bool has_times)
{
    struct table table;
    json_t *row;
    size_t i;

    table_begin(&table, ctl, has_times ? times : names);
    json_array_foreach(rows, i, row)
    {
        if (!ctl->is_json)
            round_times(row);
        table_row(&table, row);
    }
    table_end(&table, NULL);
}

static int write_picture(const json_t *rows, const char *by, const char *path)
{
    struct str svg = STR_EMPTY, title = STR_EMPTY;
    struct picture picture = {.rows = rows,
                              .is_by_time = by == NULL || strcmp(by, "time") == 0};
    const json_t *first = json_array_get(rows, 0),
                 *last = json_array_get(rows, json_array_size(rows) - 2);
    struct err err;
    int state = 0;

    str_printf(&title, "Mail by %s", by != NULL ? by : "time");
    if (picture.is_by_time && json_array_size(rows) > 1)
        str_printf(&title, ", %s to %s", json_string_value(json_object_get(first, "key")),
                   json_string_value(json_object_get(last, "key")));
    picture.title = str_cstr(&title);
    report_svg(&svg, &picture);
    if (strcmp(path, "-") == 0)
        fwrite(svg.ptr, 1, svg.len, stdout);
    else if ((state = file_replace(path, str_span(&svg), 0644, &err)) != 0)
        ctl_say("%s", err.text);
    str_clear(&svg);
    str_clear(&title);
    return state;
}

int report_run(struct ctl *ctl, const struct arguments *arguments)
{
    const char *by = arguments_get(arguments, "--by"), *svg = arguments_get(arguments, "--svg");
    json_t *rows = json_array();
    struct control_sink sink = {collect, NULL, rows};
    struct ctl_question question = {.command = "report", .role = ROLE_READ, .sink = &sink};
    enum control_exit code = EXIT_USAGE;

    question.args = arguments_of(arguments);
    if (question.args != NULL)
        code = ctl_ask(ctl, &question, NULL);
    if (json_array_size(rows) > 0) {
        if (svg != NULL && write_picture(rows, by, svg) != 0)
            code = EXIT_INVALID;
        if (arguments_has(arguments, "--csv"))
            print_csv(rows);
        else if (svg == NULL)
            print_table(ctl, rows,
                        by == NULL || strcmp(by, "time") == 0 || strcmp(by, "node") == 0);
    }
    json_decref(rows);
    return (int)code;
}
