/* fact_equal.c - do two facts say the same? */
#include "facts/facts.h"

static bool value_equal(enum value_type type, const struct value *a, const struct value *b)
{
    switch (type) {
    case TYPE_IP:
        return ip_equal(&a->ip, &b->ip);
    case TYPE_DOMAIN:
    case TYPE_ADDRESS:
    case TYPE_STRING:
        return span_equal(a->text, b->text);
    default:
        return a->number == b->number;
    }
}

bool fact_equal(enum fact_id id, const struct fact *a, const struct fact *b)
{
    if (a->state != b->state)
        return false;
    if (a->state != FACT_VALUE)
        return span_equal(a->reason, b->reason);
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!value_equal(fact_table[id].type, &a->values[i], &b->values[i]))
            return false;
    return true;
}
