/* decision_log.c - searches one daemon's decisions as `log` asks for them, and puts rows of several in order. */
#include "control/decision_log.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"

#define MARK_SIZE 64
#define YOUNG_MS  2000 /* what follows without a mark of ours begins so long ago */

static json_t *recipients_row(struct span recipients, size_t *count_r)
{
    json_t *row = json_array();
    struct span recipient;

    *count_r = 0;
    while (span_cut(&recipients, '\n', &recipient))
        if (recipient.len > 0 && ++*count_r <= LOG_RECIPIENTS)
            json_array_append_new(row, control_text(recipient));
    return row;
}

static json_t *log_row(const struct log_source *source, const struct decision *decision)
{
    const struct decision_record *record = &decision->record;
    const struct {
        const char *name;
        struct span text;
    } texts[] = {
        {"path", record->path},
        {"client", record->client},
        {"sender", record->sender},
        {"verdict", record->disposition},
        {"rule", record->rule},
        {"auth_user", record->auth_user},
        {"reply", record->reply},
        {"queue_id", record->queue_id},
        {"message_id", record->message_id},
    };
    json_t *row = json_object(), *recipients;
    char time[24];
    size_t count;

    recipients = recipients_row(record->recipients, &count);
    json_object_set_new(row, "time", json_string(clock_iso(record->time_ms, time)));
    json_object_set_new(row, "time_ms", json_integer((json_int_t)record->time_ms));
    json_object_set_new(row, "node", control_text(span_of(source->node)));
    json_object_set_new(row, "program", json_string(source->program));
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        json_object_set_new(row, texts[i].name, control_text(texts[i].text));
    json_object_set_new(row, "recipients", recipients);
    json_object_set_new(row, "recipient_count", json_integer((json_int_t)count));
    json_object_set_new(row, "code", json_string(decision->ticket.code));
    return row;
}

void log_rows_begin(struct log_rows *rows, size_t limit)
{
    *rows = (struct log_rows){.limit = limit, .others = json_array()};
    pthread_mutex_init(&rows->mutex, NULL);
}

/* Newest first; of one moment in the order of their codes, so that every answer has one order. */
static int compare(const void *a, const void *b)
{
    const struct log_row *left = a, *right = b;
    const char *left_code = json_string_value(json_object_get(left->row, "code"));
    const char *right_code = json_string_value(json_object_get(right->row, "code"));

    if (left->time_ms != right->time_ms)
        return left->time_ms > right->time_ms ? -1 : 1;
    return span_compare(span_of(left_code), span_of(right_code));
}

static void cut(struct log_rows *rows)
{
    qsort(rows->rows, rows->count, sizeof(*rows->rows), compare);
    while (rows->count > rows->limit) {
        json_decref(rows->rows[--rows->count].row);
        rows->has_more = true;
    }
}

/* There is room for twice the limit, so that a cut is worth its sorting. */
static void add_row(struct log_rows *rows, int64_t time_ms, json_t *row)
{
    if (rows->count == 2 * rows->limit)
        cut(rows);
    if (rows->count == rows->room) {
        rows->room = rows->room == 0 ? 64 : 2 * rows->room;
        rows->rows = xreallocarray(rows->rows, rows->room, sizeof(*rows->rows));
    }
    rows->rows[rows->count++] = (struct log_row){time_ms, row};
}

void log_rows_add(struct log_rows *rows, json_t *row)
{
    const json_t *time = json_object_get(row, "time_ms");

    pthread_mutex_lock(&rows->mutex);
    if (json_is_integer(time))
        add_row(rows, json_integer_value(time), row);
    else
        json_array_append_new(rows->others, row);
    pthread_mutex_unlock(&rows->mutex);
}

void log_rows_trouble(struct log_rows *rows, const char *node, const char *program,
                      const char *why)
{
    log_rows_add(rows,
                 json_pack("{s:{s:o,s:s,s:o}}", "log", "node", control_text(span_of(node)),
                           "program", program, "trouble", control_text(span_of(why))));
}

static bool is_trouble(const json_t *other)
{
    const json_t *end = json_object_get(other, "log");

    return json_object_get(other, "absent") != NULL ||
           json_is_true(json_object_get(end, "out_of_time")) ||
           json_string_length(json_object_get(end, "trouble")) > 0;
}

enum control_exit log_rows_send(struct log_rows *rows, struct control_call *call)
{
    enum control_exit code = EXIT_OK;
    json_t *other;
    size_t i;

    if (rows->count > 0)
        cut(rows);
    json_array_foreach(rows->others, i, other)
    {
        code = is_trouble(other) ? EXIT_PARTIAL : code;
        control_row(call, json_incref(other));
    }
    if (rows->has_more)
        control_row(call, json_pack("{s:{s:b}}", "log", "more", 1));
    while (rows->count > 0)
        control_row(call, rows->rows[--rows->count].row);
    json_decref(rows->others);
    pthread_mutex_destroy(&rows->mutex);
    xfree(&rows->rows);
    return code;
}

struct adding {
    const struct log_source *source;
    struct log_rows *rows;
};

static void add_found(void *ctx, const struct decision *decision)
{
    const struct adding *adding = ctx;

    log_rows_add(adding->rows, log_row(adding->source, decision));
}

static void add_end(const struct log_source *source, const struct decisions_found *found,
                    struct log_rows *rows)
{
    char mark[MARK_SIZE];

    snprintf(mark, sizeof(mark), "%u:%" PRIu32 ":%" PRId64, (unsigned)found->mark.day,
             found->mark.row, found->mark.time_ms);
    log_rows_add(rows, json_pack("{s:{s:o,s:s,s:b,s:b,s:o,s:s,s:I}}", "log", "node",
                                 control_text(span_of(source->node)), "program",
                                 source->program, "more", (int)found->has_more, "out_of_time",
                                 (int)found->is_out_of_time, "trouble",
                                 control_text(span_of(found->trouble.text)), "mark", mark,
                                 "now", (json_int_t)clock_now_ms()));
}

/* "DAY:ROW:TIME". Anything else: none. */
static struct decisions_mark read_mark(const char *text)
{
    struct span rest = span_of(text), part = SPAN("");
    uint64_t numbers[3] = {0};

    for (size_t i = 0; i < 3; i++)
        if (!span_cut(&rest, ':', &part) || !span_to_u64(part, INT64_MAX, &numbers[i]))
            return (struct decisions_mark){0};
    if (numbers[0] > DECISION_DAY_MAX || numbers[1] > UINT32_MAX)
        return (struct decisions_mark){0};
    return (struct decisions_mark){(uint16_t)numbers[0], (uint32_t)numbers[1],
                                   (int64_t)numbers[2]};
}

/* Whoever follows has a mark of ours, or has not heard of us yet. */
static void take_mark(const struct log_source *source, json_t *args,
                      struct decisions_query *query)
{
    json_t *after = json_object_get(args, "after");
    struct str key = STR_EMPTY;

    if (!json_is_object(after))
        return;
    str_printf(&key, "%s %s", source->node, source->program);
    query->after = read_mark(json_string_value(json_object_get(after, str_cstr(&key))));
    str_clear(&key);
    if (query->after.day == 0 && query->since_ms < clock_now_ms() - YOUNG_MS)
        query->since_ms = clock_now_ms() - YOUNG_MS;
}

int decision_log_add(const struct log_source *source, json_t *args, struct log_rows *rows,
                     struct err *err)
{
    struct adding adding = {source, rows};
    const struct decisions_reader reader = {add_found, &adding};
    struct arena *arena = arena_new();
    struct decisions_found found;
    struct decisions_query query;
    int result = decision_log_query(args, arena, &query, err);

    if (result == 0 && source->decisions == NULL) {
        log_rows_trouble(rows, source->node, source->program,
                         "it keeps no decisions now; see its log");
    } else if (result == 0) {
        take_mark(source, args, &query);
        result = decisions_search(source->decisions, &query, &reader, &found, err);
        if (result == 0)
            add_end(source, &found, rows);
    }
    arena_free(&arena);
    return result;
}

enum control_exit decision_log(const struct log_source *source, struct control_call *call,
                               struct err *err)
{
    struct arena *arena = arena_new();
    struct decisions_query query;
    struct log_rows rows;
    enum control_exit result = EXIT_INVALID;

    if (decision_log_query(call->args, arena, &query, err) == 0) {
        log_rows_begin(&rows, query.limit);
        int added = decision_log_add(source, call->args, &rows, err);

        result = log_rows_send(&rows, call);
        result = added < 0 ? EXIT_INVALID : result;
    }
    arena_free(&arena);
    return result;
}
