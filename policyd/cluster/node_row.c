/* node_row.c - what people see of a node. */
#include "policyd/cluster/node_row.h"

#include "base/clock.h"
#include "control/protocol.h"
#include "policyd/cluster/ledger.h"

static json_t *or_empty(json_t *value)
{
    return value != NULL ? json_incref(value) : json_string("");
}

static void add_text(struct str *out, const char *name, const char *text)
{
    str_printf(out, "%s%s%s%s", out->len > 0 ? "; " : "", name, *name != '\0' ? ": " : "",
               text);
}

static bool is_of_ledger(const char *name)
{
    return span_starts(span_of(name), SPAN("cluster ")) && strcmp(name, "cluster heads") != 0;
}

/* What its ledgers lack is told by their states, in a word each; the sentences are in its own `cluster status`. */
static void add_texts(struct str *out, json_t *texts, bool has_states)
{
    const char *name;
    json_t *text;

    json_object_foreach(texts, name, text)
    {
        if (json_is_string(text) && !(has_states && is_of_ledger(name)))
            add_text(out, name, json_string_value(text));
    }
}

static void add_troubled(struct str *out, json_t *troubled)
{
    json_t *row;
    size_t i;

    json_array_foreach(troubled, i, row)
    {
        const char *subject = json_string_value(json_object_get(row, "subject"));
        const char *state = json_string_value(json_object_get(row, "state"));

        if (subject != NULL && state != NULL)
            add_text(out, subject, state);
    }
}

static json_t *trouble(const struct node_seen *seen)
{
    json_t *heartbeat = seen->heartbeat, *value;
    struct str text = STR_EMPTY;

    if (seen->trouble[0] != '\0')
        add_text(&text, "", seen->trouble);
    if (json_is_true(json_object_get(heartbeat, "is_drained")))
        add_text(&text, "", "drained");
    if (json_is_false(json_object_get(heartbeat, "has_milter")))
        add_text(&text, "", "no milter");
    add_troubled(&text, json_object_get(heartbeat, "troubled"));
    add_texts(&text, json_object_get(heartbeat, "problems"),
              json_array_size(json_object_get(heartbeat, "troubled")) > 0);
    value = control_text(str_span(&text));
    str_clear(&text);
    return value;
}

/* ACK, NACK, or the word of the ledger for what is neither. */
static const char *acknowledged(const json_t *rules)
{
    const char *state = json_string_value(json_object_get(rules, "state"));
    int value;

    if (state == NULL || !names_value(ledger_state_names, span_of(state), &value))
        return "";
    if (value == LEDGER_IN_ORDER)
        return "ACK";
    return value == LEDGER_REFUSED || value == LEDGER_FORGED || value == LEDGER_FORK
               ? "NACK"
               : names_name(ledger_state_names, value);
}

static void set_from_heartbeat(json_t *row, json_t *heartbeat)
{
    static const char *const keys[] = {
        "version",         "language",   "host",       "started", "load", "requests_per_second",
        "has_signing_key", "has_milter", "is_drained", "canary"};
    json_t *rules = json_object_get(heartbeat, "rules");

    json_object_set_new(row, "revision", or_empty(json_object_get(rules, "number")));
    json_object_set_new(row, "rules", json_string(acknowledged(rules)));
    json_object_set_new(row, "why", or_empty(json_object_get(rules, "why")));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        json_object_set_new(row, keys[i], or_empty(json_object_get(heartbeat, keys[i])));
}

json_t *node_row(const struct node_seen *seen)
{
    const char *name = json_string_value(json_object_get(seen->heartbeat, "name"));
    json_t *row = json_object();
    char time[24];

    json_object_set_new(row, "node",
                        control_text(span_of(name != NULL ? name : seen->member.name)));
    json_object_set_new(row, "id", json_string(seen->member.id));
    json_object_set_new(row, "number", json_integer(seen->member.number));
    json_object_set_new(row, "state",
                        json_string(names_name(node_state_names, (int)seen->state)));
    json_object_set_new(row, "since",
                        json_string(seen->age_ms >= HEARTBEAT_SUSPECT_MS
                                        ? clock_iso(seen->seen_ms, time)
                                        : ""));
    json_object_set_new(row, "age_s",
                        json_integer(seen->age_ms >= 0 ? seen->age_ms / 1000 : -1));
    set_from_heartbeat(row, seen->heartbeat);
    json_object_set_new(row, "trouble", trouble(seen));
    return row;
}

bool node_row_is_well(const json_t *row)
{
    const char *state = json_string_value(json_object_get(row, "state"));
    const char *rules = json_string_value(json_object_get(row, "rules"));
    const char *trouble_text = json_string_value(json_object_get(row, "trouble"));

    return state != NULL && strcmp(state, "alive") == 0 && rules != NULL &&
           strcmp(rules, "ACK") == 0 && trouble_text != NULL && trouble_text[0] == '\0';
}
