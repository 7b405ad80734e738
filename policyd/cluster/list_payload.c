/* A change of a list as JSON; items that are no UTF-8 as base64. */
#include <jansson.h>

#include "base/hash.h"
#include "base/sinks.h"
#include "base/utf8.h"
#include "policyd/cluster/apply.h"

static const struct name_value verbs[] = {
    {"add", LIST_ADD}, {"remove", LIST_REMOVE}, {"replace", LIST_REPLACE}, {NULL, 0}};

/* UTF-8 without NUL, which JSON cannot hold. */
static bool is_text(struct span s)
{
    while (s.len > 0) {
        uint32_t code = utf8_next(&s);

        if (code == UTF8_BAD || code == 0)
            return false;
    }
    return true;
}

static void print_item(struct str *out, struct span item)
{
    if (is_text(item)) {
        sink_json(out, item);
        return;
    }
    str_adds(out, "{\"base64\":\"");
    hash_base64(out, item);
    str_adds(out, "\"}");
}

void list_payload_print(struct str *out, const struct list_payload *list)
{
    str_printf(out, "{\"type\":\"%s\",\"verb\":\"%s\",\"items\":[",
               names_name(list_type_names, (int)list->type),
               names_name(verbs, (int)list->verb));
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            str_addc(out, ',');
        print_item(out, list->items[i]);
    }
    str_adds(out, "]}");
}

static bool read_word(const json_t *root, const char *key, const struct name_value *names,
                      int *value_r)
{
    const json_t *word = json_object_get(root, key);

    return json_is_string(word) &&
           names_value(names, span_from(json_string_value(word), json_string_length(word)),
                       value_r);
}

static bool read_item(const json_t *item, struct arena *arena, struct span *item_r)
{
    const json_t *coded = json_object_get(item, "base64");
    struct str bytes = STR_EMPTY;
    bool is_good;

    if (json_is_string(item) && json_string_length(item) <= LIST_MAX_ITEM) {
        *item_r =
            arena_span(arena, span_from(json_string_value(item), json_string_length(item)));
        return true;
    }
    if (!json_is_string(coded) || json_string_length(coded) > 2 * LIST_MAX_ITEM)
        return false;
    is_good =
        hash_unbase64(span_of(json_string_value(coded)), &bytes) && bytes.len <= LIST_MAX_ITEM;
    if (is_good)
        *item_r = arena_span(arena, str_span(&bytes));
    str_clear(&bytes);
    return is_good;
}

static int read_items(const json_t *array, struct arena *arena, struct list_payload *list,
                      struct err *err)
{
    size_t count = json_array_size(array);
    struct span *items;

    if (!json_is_array(array) || count > LIST_MAX_ITEMS)
        return err_set(err, "it has no list of at most %d items", LIST_MAX_ITEMS);
    items = arena_array(arena, count + 1, sizeof *items);
    for (size_t i = 0; i < count; i++)
        if (!read_item(json_array_get(array, i), arena, &items[i]))
            return err_set(err, "its item at place %zu is none", i + 1);
    list->items = items;
    list->count = count;
    return 0;
}

int list_payload_read(struct span payload, struct arena *arena, struct list_payload *list_r,
                      struct err *err)
{
    json_t *root = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, NULL);
    int type = 0, verb = 0, state = -1;

    *list_r = (struct list_payload){0};
    if (root == NULL)
        return err_set(err, "it is no JSON");
    if (!read_word(root, "type", list_type_names, &type))
        err_set(err, "it names no type of list that this release knows");
    else if (!read_word(root, "verb", verbs, &verb))
        err_set(err, "it names no verb that this release knows");
    else
        state = read_items(json_object_get(root, "items"), arena, list_r, err);
    json_decref(root);
    list_r->type = (enum list_type)type;
    list_r->verb = (enum list_verb)verb;
    return state;
}
