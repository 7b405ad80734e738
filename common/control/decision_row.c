/* decision_row.c - prints recorded decisions as JSON objects. */
#include "base/clock.h"
#include "base/xalloc.h"
#include "control/decision_row.h"
#include "control/server.h"
#include "engine/record.h"
#include "store/decisions_search.h"

#define EXPLAIN_LIMIT     20   /* decisions shown for one queue id */
#define EXPLAIN_BUDGET_MS 2000 /* whoever asks waits a little longer */

static void set_fact(json_t *object, const char *name, enum fact_id id, const struct fact *fact)
{
    struct str text = STR_EMPTY;

    if (fact->state == FACT_PENDING)
        return;
    fact_print(&text, id, fact);
    json_object_set_new(object, name, control_text(str_span(&text)));
    str_clear(&text);
}

static json_t *record_element(const struct facts *facts, enum record record, size_t index)
{
    json_t *object = json_object();

    for (size_t i = 0; i < record_count(record); i++) {
        enum fact_id id = (enum fact_id)(record_first(record) + i);
        const struct fact *fact = facts_record_get(facts, record, index, id);
        if (fact->state != FACT_ABSENT)
            set_fact(object, fact_short_name(id), id, fact);
    }
    return object;
}

static void set_records(json_t *object, const struct facts *facts, enum record record)
{
    const struct record_list *list = facts_records(facts, record);
    const char *name = names_name(record_names, (int)record);
    json_t *array;

    if (list->state == FACT_PENDING || name == NULL)
        return;
    array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, record_element(facts, record, i));
    if (list->is_incomplete || list->state == FACT_UNKNOWN) {
        json_t *rest = json_object();
        json_object_set_new(rest, "uninspected", control_text(list->reason));
        json_array_append_new(array, rest);
    }
    json_object_set_new(object, name, array);
}

json_t *decision_facts_row(const struct facts *facts)
{
    json_t *object = json_object();

    for (int id = 0; id < FACT_MESSAGE__COUNT; id++)
        set_fact(object, fact_table[id].name, (enum fact_id)id,
                 facts_get(facts, (enum fact_id)id));
    for (size_t i = 0; i < facts_keyed_count(facts); i++) {
        const struct keyed_fact *keyed = facts_keyed_at(facts, i);
        struct str name = STR_EMPTY;
        str_printf(&name, "%s(%.*s)", fact_table[keyed->id].name, SPAN_ARG(keyed->key));
        set_fact(object, str_cstr(&name), keyed->id, &keyed->fact);
        str_clear(&name);
    }
    set_records(object, facts, RECORD_ATTACHMENT);
    set_records(object, facts, RECORD_URL);
    return object;
}

static void set_all_facts(json_t *row, struct span blocks)
{
    struct record_recipients recipients = {.room = RECORD_MAX_RECIPIENTS};
    struct facts *message = facts_new();
    json_t *of_recipients = json_array();

    recipients.list = xcalloc(recipients.room, sizeof(struct facts *));
    if (blocks.len > 0 && record_read_facts(blocks, message, &recipients, NULL) == 0)
        json_object_set_new(row, "facts", decision_facts_row(message));
    for (size_t i = 0; i < recipients.count; i++) {
        json_array_append_new(of_recipients, decision_facts_row(recipients.list[i]));
        facts_free(&recipients.list[i]);
    }
    json_object_set_new(row, "recipient_facts", of_recipients);
    facts_free(&message);
    xfree(&recipients.list);
}

static json_t *lines_row(struct span text)
{
    json_t *lines = json_array();
    struct span line;

    while (span_cut(&text, '\n', &line))
        if (line.len > 0)
            json_array_append_new(lines, control_text(line));
    return lines;
}

json_t *decision_row(const struct decision *decision, const char *program)
{
    const struct decision_record *record = &decision->record;
    const struct {
        const char *name;
        struct span text;
    } texts[] = {
        {"path", record->path},         {"client", record->client},
        {"helo", record->helo},         {"auth_user", record->auth_user},
        {"sender", record->sender},     {"disposition", record->disposition},
        {"rule", record->rule},         {"reply", record->reply},
        {"queue_id", record->queue_id}, {"message_id", record->message_id},
    };
    json_t *row = json_object();
    char time[24];

    json_object_set_new(row, "code", json_string(decision->ticket.code));
    json_object_set_new(row, "program", json_string(program));
    json_object_set_new(row, "time", json_string(clock_iso(record->time_ms, time)));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_object_set_new(row, texts[i].name, control_text(texts[i].text));
    json_object_set_new(row, "recipients", lines_row(record->recipients));
    json_object_set_new(row, "revision", json_integer((json_int_t)record->revision));
    json_object_set_new(row, "generation", json_integer((json_int_t)record->generation));
    json_object_set_new(row, "reasons", lines_row(record->reasons));
    set_all_facts(row, record->facts);
    return row;
}

struct explaining {
    struct control_call *call;
    const char *program;
};

static void explain_found(void *ctx, const struct decision *decision)
{
    const struct explaining *explaining = ctx;

    control_row(explaining->call, decision_row(decision, explaining->program));
}

static int explain_queue_id(struct decisions *decisions, const char *program, struct span what,
                            struct control_call *call, struct err *err)
{
    struct decisions_query query = {
        .queue_id = what, .limit = EXPLAIN_LIMIT, .budget_ms = EXPLAIN_BUDGET_MS};
    struct explaining explaining = {call, program};
    const struct decisions_reader reader = {explain_found, &explaining};
    struct decisions_found found;

    if (decisions_search(decisions, &query, &reader, &found, err) < 0)
        return EXIT_INVALID;
    if (found.count > 0)
        return EXIT_OK;
    err_set(err, "no decision of this node's %s has the queue id %.*s%s", program,
            SPAN_ARG(what), found.is_out_of_time ? ", as far as could be looked in time" : "");
    if (found.trouble.text[0] != '\0')
        err_prefix(err, "%s", found.trouble.text);
    return EXIT_INVALID;
}

static int explain_code(struct decisions *decisions, const char *program, struct span what,
                        struct control_call *call, struct err *err)
{
    struct arena *arena = arena_new();
    struct decision decision;
    int found = decisions_find(decisions, what, arena, &decision, err);

    if (found == 1)
        control_row(call, decision_row(&decision, program));
    arena_free(&arena);
    return found == 1 ? EXIT_OK : EXIT_INVALID;
}

/* A queue id of twelve digits looks like a code: what is none of ours is looked for as that, too. */
int decision_explain(struct decisions *decisions, const char *program, struct span what,
                     struct control_call *call, struct err *err)
{
    uint64_t code;

    if (!decision_code_parse(what, &code))
        return explain_queue_id(decisions, program, what, call, err);
    if (explain_code(decisions, program, what, call, err) == EXIT_OK)
        return EXIT_OK;
    return explain_queue_id(decisions, program, what, call, NULL);
}
