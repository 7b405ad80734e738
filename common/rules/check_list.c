/* check_list.c - lists: names, and the items in braces as a finished image or set of patterns. */
#include "rules/check.h"

static bool is_twice(struct checker *c, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (!span_equal(c->raw->lists[i].name, c->raw->lists[index].name))
            continue;
        check_error(c, c->raw->lists[index].place, "there is a list %.*s already, in line %u",
                    SPAN_ARG(c->raw->lists[index].name), c->raw->lists[i].place.line);
        return true;
    }
    return false;
}

/* "/text/i" for what was written between slashes, else as it is. */
static struct span as_written(struct checker *c, const struct raw_term *raw)
{
    if (raw->kind == RAW_PATTERN)
        return span_of(arena_printf(c->arena, "/%.*s/%s", SPAN_ARG(raw->text),
                                    raw->ignore_case ? "i" : ""));
    return raw->text;
}

static void compile_patterns(struct checker *c, const struct raw_list *raw,
                             struct list_decl *list)
{
    struct pattern_source *sources = arena_array(c->arena, raw->count, sizeof(*sources));
    struct err err = {""};
    size_t failed = 0;

    if (raw->count > RULES_MAX_PATTERNS) {
        check_error(c, raw->place, "a list has at most %d patterns", RULES_MAX_PATTERNS);
        return;
    }
    for (size_t i = 0; i < raw->count; i++) {
        sources[i] = (struct pattern_source){raw->items[i].text, raw->items[i].ignore_case};
        if (sources[i].text.len > RULES_MAX_PATTERN) {
            check_error(c, raw->items[i].place, "a pattern has at most %d bytes",
                        RULES_MAX_PATTERN);
            return;
        }
    }
    list->patterns = patterns_compile(sources, raw->count, &failed, &err);
    if (list->patterns != NULL)
        ruleset_own_patterns(c->rules, list->patterns);
    else
        check_error(c, raw->items[failed].place, "%s", err.text);
}

bool check_pattern_item(struct checker *c, const struct raw_term *raw, struct str *out)
{
    struct pattern_source source = {raw->text, raw->ignore_case};
    struct patterns *patterns = NULL;
    struct err err = {""};
    size_t failed;

    if (raw->text.len > RULES_MAX_PATTERN)
        err_set(&err, "a pattern has at most %d bytes", RULES_MAX_PATTERN);
    else
        patterns = patterns_compile(&source, 1, &failed, &err);
    if (patterns == NULL) {
        check_error(c, raw->place, "%s", err.text);
        return false;
    }
    patterns_free(&patterns);
    str_printf(out, "/%.*s/%s", SPAN_ARG(raw->text), raw->ignore_case ? "i" : "");
    return true;
}

/* Canonical items, or false after errors. */
static bool canonical(struct checker *c, const struct raw_list *raw, struct span *items_r)
{
    size_t errors = c->problems->errors;
    struct str item = STR_EMPTY;
    struct err err;

    for (size_t i = 0; i < raw->count; i++) {
        str_reset(&item);
        err_reset(&err);
        if (list_item_canonical(raw->type, raw->items[i].text, &item, &err) < 0) {
            check_error(c, raw->items[i].place, "%s", err.text);
            continue;
        }
        items_r[i] = arena_span(c->arena, str_span(&item));
        if (list_item_is_dangerous(raw->type, items_r[i]))
            check_warn(c, raw->items[i].place, "%.*s in list %.*s is very wide; is that meant?",
                       SPAN_ARG(items_r[i]), SPAN_ARG(raw->name));
    }
    str_clear(&item);
    return c->problems->errors == errors;
}

static void build_image(struct checker *c, const struct raw_list *raw, struct list_decl *list)
{
    struct span *items = arena_array(c->arena, raw->count, sizeof(*items));
    struct str bytes = STR_EMPTY;
    struct err err = {""};

    if (!canonical(c, raw, items))
        return;
    if (list_image_build(&bytes, raw->type, items, raw->count, &err) == 0)
        list->image = list_image_open(arena_span(c->arena, str_span(&bytes)), &err);
    str_clear(&bytes);
    if (list->image != NULL)
        ruleset_own_image(c->rules, list->image);
    else
        check_error(c, raw->place, "list %.*s: %s", SPAN_ARG(raw->name), err.text);
}

static void check_items(struct checker *c, const struct raw_list *raw, struct list_decl *list)
{
    struct span *items = arena_array(c->arena, raw->count, sizeof(*items));

    for (size_t i = 0; i < raw->count; i++)
        items[i] = as_written(c, &raw->items[i]);
    list->items = items;
    list->item_count = raw->count;
    if (raw->count == 0)
        check_warn(c, raw->place,
                   "list %.*s is empty; leave the braces out for a list kept in the store",
                   SPAN_ARG(raw->name));
    if (raw->type != LIST_PATTERN)
        build_image(c, raw, list);
    else if (raw->count > 0)
        compile_patterns(c, raw, list);
}

void check_lists(struct checker *c)
{
    c->rules->lists = arena_array(c->arena, c->raw->list_count, sizeof(struct list_decl));
    c->rules->relay_networks = -1;
    for (size_t i = 0; i < c->raw->list_count; i++) {
        const struct raw_list *raw = &c->raw->lists[i];
        struct list_decl *list = &c->rules->lists[i];

        *list = (struct list_decl){.name = arena_span(c->arena, raw->name),
                                   .type = raw->type,
                                   .has_items = raw->has_items,
                                   .place = raw->place};
        c->rules->list_count++;
        if (!is_twice(c, i) && raw->has_items)
            check_items(c, raw, list);
        if (!span_is(raw->name, "relay_networks"))
            continue;
        c->rules->relay_networks = (int)i;
        if (raw->type != LIST_IP)
            check_error(c, raw->place,
                        "relay_networks is of type ip: direction is found with it");
    }
}
