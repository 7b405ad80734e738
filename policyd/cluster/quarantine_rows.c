/* quarantine_rows.c - rows of the shared index: cut, sealed, opened. */
#include "policyd/cluster/quarantine_rows.h"
#include <stdlib.h>
#include "control/protocol.h"

#define TEXT_MAX       200 /* bytes of a text */
#define RECIPIENTS_MAX 10  /* more are counted only */

static const char *const texts[] = {
    "id",   "state",   "time", "code",   "kind",   "path",     "client",     "sender",
    "from", "subject", "rule", "reason", "sha256", "queue_id", "message_id", "holder"};
static const char *const numbers[] = {"size", "revision"};

bool quarantine_keys_get(struct quarantine_keys *keys_r)
{
    struct cluster_key key;

    *keys_r = (struct quarantine_keys){0};
    if (!cluster_key_get(&key))
        return false;
    keys_r->count = key.count;
    for (size_t i = 0; i < key.count; i++)
        cluster_key_subkey(&key, i, "index", keys_r->of[i]);
    memset(&key, 0, sizeof key);
    return keys_r->count > 0;
}

/* Not in the middle of a character: control_text sets right what a cut leaves. */
static json_t *cut_text(const json_t *value)
{
    size_t len = json_string_length(value);

    return control_text(
        span_from(json_string_value(value), len < TEXT_MAX ? len : (size_t)TEXT_MAX));
}

static void add_recipients(json_t *brief, const json_t *row)
{
    const json_t *all = json_object_get(row, "recipients");
    json_t *some = json_array();

    for (size_t i = 0; i < json_array_size(all) && i < RECIPIENTS_MAX; i++)
        json_array_append_new(some, cut_text(json_array_get(all, i)));
    if (json_array_size(all) > RECIPIENTS_MAX)
        json_object_set_new(brief, "recipient_count",
                            json_integer((json_int_t)json_array_size(all)));
    json_object_set_new(brief, "recipients", some);
}

json_t *quarantine_row_brief(const json_t *row)
{
    json_t *brief = json_object();

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const json_t *value = json_object_get(row, texts[i]);
        if (json_string_length(value) > 0)
            json_object_set_new(brief, texts[i], cut_text(value));
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const json_t *value = json_object_get(row, numbers[i]);
        if (json_is_integer(value))
            json_object_set_new(brief, numbers[i], json_integer(json_integer_value(value)));
    }
    add_recipients(brief, row);
    return brief;
}

static void context_of(struct str *out, const char *node, const char *id)
{
    str_printf(out, "postgate quarantine %s %s", node, id);
}

void quarantine_row_seal(struct str *out, const struct quarantine_keys *keys, const char *node,
                         const char *id, const json_t *brief)
{
    char *text = json_dumps(brief, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct str context = STR_EMPTY;

    context_of(&context, node, id);
    seal_row(out, keys->of[0], str_span(&context), span_of(text));
    str_clear(&context);
    free(text);
}

static json_t *load(struct span plain, const char *id)
{
    json_t *row =
        json_loadb(plain.ptr, plain.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    const char *own = json_string_value(json_object_get(row, "id"));
    json_t *brief = NULL;

    if (own && strcmp(own, id) == 0)
        brief = quarantine_row_brief(row);
    json_decref(row);
    return brief;
}

json_t *quarantine_row_open(struct span sealed, const struct quarantine_keys *keys,
                            const char *node, const char *id)
{
    struct str context = STR_EMPTY, plain = STR_EMPTY;
    json_t *row = NULL;

    context_of(&context, node, id);
    for (size_t i = 0; !row && i < keys->count && sealed.len <= QUARANTINE_ROW_MAX; i++) {
        str_reset(&plain);
        if (seal_row_open(&plain, keys->of[i], str_span(&context), sealed))
            row = load(str_span(&plain), id);
    }
    str_clear(&context);
    str_clear(&plain);
    return row;
}
