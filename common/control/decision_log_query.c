/* decision_log_query.c - the arguments of `log` as a query: a table of them, each checked. */
#include "base/names.h"
#include "control/decision_log.h"
#include "rules/ruleset.h"

struct argument_row {
    const char *name;
    size_t offset; /* of a span in the query */
    bool is_address;
};
static const struct argument_row texts[] = {
    {"sender", offsetof(struct decisions_query, sender), true},
    {"recipient", offsetof(struct decisions_query, recipient), true},
    {"rule", offsetof(struct decisions_query, rule), false},
    {"queue_id", offsetof(struct decisions_query, queue_id), false},
    {"message_id", offsetof(struct decisions_query, message_id), false},
    {"text", offsetof(struct decisions_query, text), false},
    {"code", offsetof(struct decisions_query, code), false},
};

/* 1 given, 0 not, -1. */
static int take_text(json_t *args, const char *name, struct span *text_r, struct err *err)
{
    const json_t *value = json_object_get(args, name);

    if (value == NULL)
        return 0;
    *text_r = span_from(json_string_value(value), json_string_length(value));
    if (!json_is_string(value) || text_r->len == 0 || text_r->len > LOG_TEXT_MAX)
        return err_set(err, "%s: write a text of 1 to %d bytes", name, LOG_TEXT_MAX);
    return 1;
}

static struct span keep_address(struct arena *arena, struct span text)
{
    struct str address = STR_EMPTY;
    struct span kept;

    decisions_address(&address, text);
    kept = arena_span(arena, str_span(&address));
    str_clear(&address);
    return kept;
}

static int take_texts(json_t *args, struct arena *arena, struct decisions_query *query,
                      struct err *err)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct span *to = (struct span *)(void *)((char *)query + texts[i].offset);
        struct span text;
        int given = take_text(args, texts[i].name, &text, err);

        if (given < 0)
            return -1;
        if (given == 1)
            *to = texts[i].is_address ? keep_address(arena, text) : arena_span(arena, text);
    }
    return 0;
}

static int take_number(json_t *args, const char *name, int64_t *number_r, struct err *err)
{
    const json_t *value = json_object_get(args, name);

    if (value == NULL)
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return err_set(err, "%s: write a number", name);
    *number_r = json_integer_value(value);
    return 0;
}

static int take_client(json_t *args, struct decisions_query *query, struct err *err)
{
    struct span text;
    int given = take_text(args, "client", &text, err);

    if (given <= 0)
        return given;
    query->has_client = true;
    return ipnet_parse(text, &query->client, err) < 0 ? err_prefix(err, "client") : 0;
}

static int take_verdict(const json_t *word, struct arena *arena, struct decisions_query *query,
                        struct err *err)
{
    struct span text = span_from(json_string_value(word), json_string_length(word));
    struct str words = STR_EMPTY;
    int unused;

    if (json_is_string(word) && names_value(disposition_names, text, &unused)) {
        query->verdicts[query->verdict_count++] = arena_span(arena, text);
        return 0;
    }
    names_join(disposition_names, &words);
    err_set(err, "verdicts: `%.*s` is none; write %s", (int)(text.len < 40 ? text.len : 40),
            text.ptr != NULL ? text.ptr : "", str_cstr(&words));
    str_clear(&words);
    return -1;
}

static int take_verdicts(json_t *args, struct arena *arena, struct decisions_query *query,
                         struct err *err)
{
    json_t *list = json_object_get(args, "verdicts"), *word;
    size_t i;

    if (list != NULL &&
        (!json_is_array(list) || json_array_size(list) > DECISIONS_MAX_VERDICTS))
        return err_set(err, "verdicts: write a list of at most %d words",
                       DECISIONS_MAX_VERDICTS);
    json_array_foreach(list, i, word) if (take_verdict(word, arena, query, err) < 0) return -1;
    return 0;
}

int decision_log_query(json_t *args, struct arena *arena, struct decisions_query *query_r,
                       struct err *err)
{
    int64_t limit = LOG_LIMIT;

    *query_r = (struct decisions_query){.budget_ms = LOG_BUDGET_MS};
    if (take_number(args, "since", &query_r->since_ms, err) < 0 ||
        take_number(args, "until", &query_r->until_ms, err) < 0 ||
        take_number(args, "limit", &limit, err) < 0 ||
        take_texts(args, arena, query_r, err) < 0 || take_client(args, query_r, err) < 0 ||
        take_verdicts(args, arena, query_r, err) < 0)
        return -1;
    if (limit < 1 || limit > DECISIONS_MAX_FOUND)
        return err_set(err, "limit: write a number from 1 to %d", DECISIONS_MAX_FOUND);
    query_r->limit = (size_t)limit;
    return 0;
}
