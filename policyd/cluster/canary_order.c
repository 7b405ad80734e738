/* canary_order.c - what is ordered: a trial, or its end. */
#include "policyd/cluster/canary_order.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/protocol.h"
#include "rules/ruleset.h"

static bool take_id(const json_t *object, const char *name, char id_r[NODE_ID_SIZE])
{
    const char *id = json_string_value(json_object_get(object, name));

    if (id == NULL || strlen(id) != NODE_ID_SIZE - 1)
        return false;
    memcpy(id_r, id, NODE_ID_SIZE);
    return true;
}

static int take_begin(const json_t *object, struct canary_order *order, struct err *err)
{
    const json_t *text = json_object_get(object, "text");
    json_int_t for_s = json_integer_value(json_object_get(object, "for_s"));
    json_int_t base = json_integer_value(json_object_get(object, "base"));
    const char *note = json_string_value(json_object_get(object, "note"));

    if (!take_id(object, "node", order->node) || !take_id(object, "by", order->by))
        return err_set(err, "node and by should be ids of nodes");
    if (!json_is_string(text) || json_string_length(text) == 0 ||
        json_string_length(text) > RULES_MAX_BYTES)
        return err_set(err, "text should be rules of 1 to %d bytes", RULES_MAX_BYTES);
    if (for_s < CANARY_MIN_S || for_s > CANARY_MAX_S || base <= 0)
        return err_set(err, "for_s should be %d to %d, base a revision", CANARY_MIN_S,
                       CANARY_MAX_S);
    str_add(&order->text, span_from(json_string_value(text), json_string_length(text)));
    snprintf(order->note, sizeof order->note, "%s", note != NULL ? note : "");
    order->for_s = (unsigned)for_s;
    order->base = (uint64_t)base;
    order->is_begin = true;
    return 0;
}

static int take(const json_t *object, struct canary_order *order, struct err *err)
{
    const char *verb = json_string_value(json_object_get(object, "verb"));
    const char *why = json_string_value(json_object_get(object, "why"));

    if (verb != NULL && strcmp(verb, "begin") == 0)
        return take_begin(object, order, err);
    if (verb == NULL || strcmp(verb, "end") != 0)
        return err_set(err, "verb should be begin or end");
    snprintf(order->why, sizeof order->why, "%s", why != NULL ? why : "");
    return 0;
}

int canary_order_parse(const struct envelope *e, struct span payload,
                       struct canary_order *order_r, struct err *err)
{
    json_error_t error;
    json_t *object = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, &error);
    int state = -1;

    *order_r = (struct canary_order){.number = e->number};
    snprintf(order_r->author, sizeof order_r->author, "%.*s", SPAN_ARG(e->author));
    if (!json_is_object(object))
        err_set(err, "a trial should be a JSON object");
    else
        state = take(object, order_r, err);
    json_decref(object);
    if (state != 0)
        canary_order_clear(order_r);
    return state;
}

void canary_order_clear(struct canary_order *order)
{
    str_clear(&order->text);
    *order = (struct canary_order){0};
}

static void dump(struct str *payload, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    str_adds(payload, text != NULL ? text : "{}");
    free(text);
    json_decref(object);
}

int canary_order_begin(struct str *payload, const struct canary_order *order, struct err *err)
{
    json_t *text = json_stringn(order->text.ptr, order->text.len), *object;

    if (text == NULL || memchr(order->text.ptr, '\0', order->text.len) != NULL) {
        json_decref(text);
        return err_set(err, "the rules are not UTF-8 throughout; apply them without --canary");
    }
    object = json_pack("{s:s,s:s,s:s,s:o,s:I,s:I}", "verb", "begin", "node", order->node, "by",
                       order->by, "text", text, "for_s", (json_int_t)order->for_s, "base",
                       (json_int_t)order->base);
    json_object_set_new(object, "note", control_text(span_of(order->note)));
    dump(payload, object);
    return 0;
}

void canary_order_end(struct str *payload, const char *why)
{
    json_t *object = json_pack("{s:s}", "verb", "end");

    json_object_set_new(object, "why", control_text(span_of(why)));
    dump(payload, object);
}
