/* log: recorded decisions, searched; of both daemons, and of all nodes where there is a cluster. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"
#include "milter/ctl/seen.h"
#include "milter/ctl/times.h"

#define FOLLOW_ROWS 10 /* that --follow begins with */
#define HERE_MS     1000
#define CLUSTER_MS  2000

static const struct column columns[] = {
    {"TIME", "time", false}, {"PATH", "path", false}, {"CLIENT", "client", false},
    {"FROM", "from", false}, {"TO", "to", false},     {"VERDICT", "verdict", false},
    {"RULE", "rule", false}, {"CODE", "code", false}, {NULL, NULL, false}};
static const struct column node_columns[] = {
    {"TIME", "time", false},       {"NODE", "node", false},
    {"PATH", "path", false},       {"CLIENT", "client", false},
    {"FROM", "from", false},       {"TO", "to", false},
    {"VERDICT", "verdict", false}, {"RULE", "rule", false},
    {"CODE", "code", false},       {NULL, NULL, false}};

struct logging {
    struct ctl *ctl;
    struct table table;
    json_t *marks;     /* how far each daemon was read */
    struct seen *seen; /* with --follow: codes that were met */
    json_t *first;     /* with --follow, at its beginning: rows of which the last are shown */
    size_t rows;
    bool has_more, is_out_of_time;
};

/* What a table shows beside the row's own. */
static json_t *shown_row(json_t *row)
{
    json_t *shown = json_copy(row), *recipients = json_object_get(row, "recipients");
    const char *sender = json_string_value(json_object_get(row, "sender"));
    json_int_t count = json_integer_value(json_object_get(row, "recipient_count"));
    struct str to = STR_EMPTY;

    str_adds(&to, count > 0 && json_array_size(recipients) > 0
                      ? json_string_value(json_array_get(recipients, 0))
                      : "");
    if (count > 1)
        str_printf(&to, " +%lld", (long long)count - 1);
    json_object_set_new(shown, "to", control_text(str_span(&to)));
    json_object_set_new(shown, "from",
                        json_string(sender != NULL && *sender != '\0' ? sender : "<>"));
    str_clear(&to);
    return shown;
}

static bool is_seen(struct logging *log, json_t *row)
{
    const char *code = json_string_value(json_object_get(row, "code"));

    return log->seen != NULL && code != NULL && !seen_add(log->seen, code);
}

/* What is amiss is said once, not at each look of --follow. */
static bool is_first(const struct logging *log)
{
    return log->seen == NULL || log->first != NULL;
}

static void take_end(struct logging *log, json_t *end)
{
    const char *node = json_string_value(json_object_get(end, "node")),
               *program = json_string_value(json_object_get(end, "program")),
               *trouble = json_string_value(json_object_get(end, "trouble"));
    json_int_t skew = json_integer_value(json_object_get(end, "skew_ms"));
    struct str key = STR_EMPTY;

    log->has_more |= json_is_true(json_object_get(end, "more"));
    log->is_out_of_time |= json_is_true(json_object_get(end, "out_of_time"));
    if (node == NULL || program == NULL)
        return;
    if (trouble != NULL && *trouble != '\0' && is_first(log))
        ctl_say("%s, postgate-%s: %s", node, program, trouble);
    if (skew != 0 && is_first(log))
        ctl_say("%s: its clock is %lld s %s this node's; its rows stand by its own time", node,
                llabs((long long)skew) / 1000, skew > 0 ? "ahead of" : "behind");
    str_printf(&key, "%s %s", node, program);
    if (json_is_string(json_object_get(end, "mark")))
        json_object_set(log->marks, str_cstr(&key), json_object_get(end, "mark"));
    str_clear(&key);
}

static void say_absent(const struct logging *log, json_t *absent)
{
    const char *node = json_string_value(json_object_get(absent, "node")),
               *why = json_string_value(json_object_get(absent, "why"));

    if (is_first(log))
        ctl_say("not from node %s: %s", node != NULL ? node : "?", why != NULL ? why : "away");
}

static void show(struct logging *log, json_t *row)
{
    json_t *shown = log->ctl->is_json ? json_incref(row) : shown_row(row);

    log->rows++;
    table_row(&log->table, shown);
    json_decref(shown);
}

static void take_row(void *ctx, json_t *row)
{
    struct logging *log = ctx;
    json_t *end = json_object_get(row, "log"), *absent = json_object_get(row, "absent");

    if (end != NULL)
        take_end(log, end);
    else if (absent != NULL)
        say_absent(log, absent);
    else if (is_seen(log, row))
        return;
    else if (log->first != NULL)
        json_array_append(log->first, row);
    else
        show(log, row);
}

/* Option and argument; times and numbers are others. */
static const struct {
    const char *option, *argument;
} texts[] = {{"--from", "sender"}, {"--to", "recipient"},      {"--client", "client"},
             {"--rule", "rule"},   {"--queue-id", "queue_id"}, {"--message-id", "message_id"},
             {"--code", "code"},   {"--text", "text"},         {"--node", "node"}};

static void set_time(json_t *args, const struct arguments *arguments, const char *option)
{
    const char *text = arguments_get(arguments, option);
    int64_t ms;

    if (text != NULL && time_parse(text, clock_now_ms(), &ms, NULL) == 0)
        json_object_set_new(args, option + 2, json_integer((json_int_t)ms));
}

static void set_verdicts(json_t *args, const char *text)
{
    struct span rest = span_of(text), word;
    json_t *list = json_array();

    while (span_cut(&rest, ',', &word))
        json_array_append_new(list, control_text(word));
    json_object_set_new(args, "verdicts", list);
}

static json_t *make_args(const struct arguments *arguments)
{
    const char *limit = arguments_get(arguments, "--limit"),
               *verdicts = arguments_get(arguments, "--verdict");
    json_t *args = json_object();
    uint64_t number;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        if (arguments_has(arguments, texts[i].option))
            json_object_set_new(
                args, texts[i].argument,
                control_text(span_of(arguments_get(arguments, texts[i].option))));
    set_time(args, arguments, "--since");
    set_time(args, arguments, "--until");
    if (verdicts != NULL)
        set_verdicts(args, verdicts);
    if (limit != NULL && span_to_u64(span_of(limit), INT64_MAX, &number))
        json_object_set_new(args, "limit", json_integer((json_int_t)number));
    if (arguments_has(arguments, "--here"))
        json_object_set_new(args, "here", json_true());
    return args;
}

static enum control_exit ask(struct logging *log, json_t *args, struct err *message)
{
    struct control_sink sink = {take_row, NULL, log};
    struct ctl_question question = {.command = "log",
                                    .args = json_incref(args),
                                    .role = ROLE_READ,
                                    .sink = &sink,
                                    .is_quiet = true,
                                    .milter_too = is_first(log)};

    return ctl_ask(log->ctl, &question, message);
}

static void say_rest(const struct logging *log)
{
    if (log->has_more)
        ctl_say(
            "there are more; these %zu are the newest. --limit N shows up to N, --until and "
            "the other options choose",
            log->rows);
    if (log->is_out_of_time)
        ctl_say("older ones were not looked at: it takes too long; --since, --from, --to, "
                "--client, --rule or an id make it fast");
}

/* Says a failure when it begins, not each time. */
static void say_once(struct err *before, const struct err *now)
{
    if (now->text[0] != '\0' && span_compare(span_of(before->text), span_of(now->text)) != 0)
        ctl_say("%s", now->text);
    *before = *now;
}

static void pause_ms(long ms)
{
    struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&wait, NULL);
}

/* Until a signal ends it, or nobody reads any more. */
static enum control_exit follow(struct logging *log, json_t *args, bool is_here)
{
    struct err said = {""}, message;

    while (fflush(stdout) == 0 && !ferror(stdout)) {
        pause_ms(is_here ? HERE_MS : CLUSTER_MS);
        json_object_set(args, "after", log->marks);
        err_reset(&message);
        ask(log, args, &message);
        say_once(&said, &message);
        table_flush(&log->table);
    }
    return EXIT_OK;
}

/* Asked for are more than are shown: what is not shown now shall not come as news. */
static void show_first(struct logging *log, size_t most)
{
    size_t count = json_array_size(log->first);

    for (size_t i = count > most ? count - most : 0; i < count; i++)
        show(log, json_array_get(log->first, i));
    json_decref(log->first);
    log->first = NULL;
    table_flush(&log->table);
}

static enum control_exit begin_following(struct logging *log, json_t *args, bool is_here)
{
    json_t *limit = json_object_get(args, "limit");
    struct err message = {""};
    size_t most = FOLLOW_ROWS;
    enum control_exit code;

    if (limit != NULL || json_object_get(args, "since") != NULL)
        most = limit != NULL ? (size_t)json_integer_value(limit) : SIZE_MAX;
    json_object_del(args, "limit");
    log->seen = seen_new();
    log->first = json_array();
    code = ask(log, args, &message);
    if (message.text[0] != '\0')
        ctl_say("%s", message.text);
    show_first(log, most);
    if (code == EXIT_OK || code == EXIT_PARTIAL)
        code = follow(log, args, is_here);
    seen_free(&log->seen);
    return code;
}

int log_run(struct ctl *ctl, const struct arguments *arguments)
{
    bool is_single = *ctl->settings->redis == '\0' || *ctl->settings->cluster_name == '\0';
    struct logging log = {.ctl = ctl, .marks = json_object()};
    json_t *args = make_args(arguments);
    struct err message = {""};
    enum control_exit code;

    table_begin(&log.table, ctl, is_single ? columns : node_columns);
    if (arguments_has(arguments, "--follow")) {
        code = begin_following(&log, args, is_single || arguments_has(arguments, "--here"));
        table_end(&log.table, NULL);
    } else {
        code = ask(&log, args, &message);
        table_end(&log.table, code == EXIT_OK ? "no decision was found" : NULL);
        if (message.text[0] != '\0')
            ctl_say("%s", message.text);
        say_rest(&log);
    }
    json_decref(args);
    json_decref(log.marks);
    return code;
}
