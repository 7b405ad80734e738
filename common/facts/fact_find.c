/* fact_find.c - looks names up in the fact table: whole, and short inside a record. */
#include "facts/fact_table.h"

const struct name_value value_type_names[] = {
    {"bool", TYPE_BOOL},
    {"number", TYPE_NUMBER},
    {"size", TYPE_SIZE},
    {"duration", TYPE_DURATION},
    {"score", TYPE_SCORE},
    {"ip", TYPE_IP},
    {"domain", TYPE_DOMAIN},
    {"address", TYPE_ADDRESS},
    {"string", TYPE_STRING},
    {"enum", TYPE_ENUM},
    {NULL, 0},
};

static const struct name_value articles[] = {
    {"a yes or no", TYPE_BOOL},
    {"a number", TYPE_NUMBER},
    {"a size", TYPE_SIZE},
    {"a duration", TYPE_DURATION},
    {"a score", TYPE_SCORE},
    {"an address", TYPE_IP},
    {"a domain", TYPE_DOMAIN},
    {"a mail address", TYPE_ADDRESS},
    {"a text", TYPE_STRING},
    {"a word", TYPE_ENUM},
    {NULL, 0},
};

/* Where the facts of each record begin and end; each stands together in enum fact_id. */
static const struct {
    enum fact_id first, end;
} record_range[RECORD__COUNT] = {
    [RECORD_NONE] = {FACT_PATH, FACT_MESSAGE__COUNT},
    [RECORD_ATTACHMENT] = {FACT_ATTACHMENT_NAME, FACT_URL_HOST},
    [RECORD_URL] = {FACT_URL_HOST, FACT_FUNCTION__FIRST},
};

enum fact_id record_first(enum record record)
{
    return record_range[record].first;
}

size_t record_count(enum record record)
{
    return (size_t)(record_range[record].end - record_range[record].first);
}

const char *fact_short_name(enum fact_id id)
{
    const char *name = fact_table[id].name;
    const char *dot = strchr(name, '.');

    return fact_table[id].record != RECORD_NONE && dot != NULL ? dot + 1 : name;
}

int fact_find(struct span name, enum record inside)
{
    if (inside != RECORD_NONE)
        for (int id = record_range[inside].first; id < (int)record_range[inside].end; id++)
            if (span_is(name, fact_short_name((enum fact_id)id)))
                return id;
    for (int id = 0; id < FACT__COUNT; id++)
        if (span_is(name, fact_table[id].name))
            return id;
    return FACT_NONE;
}

/* Short names of the record first, then all whole names. */
static const char *candidate(const void *ctx, size_t i)
{
    enum record inside = *(const enum record *)ctx;
    size_t own = inside != RECORD_NONE ? record_count(inside) : 0;

    if (i < own)
        return fact_short_name((enum fact_id)(record_range[inside].first + i));
    return i - own < FACT__COUNT ? fact_table[i - own].name : NULL;
}

/* The fact of the message whose last word this is, country: client.country; NULL also when it is not the only one. */
static const char *ends_so(struct span name)
{
    const char *found = NULL;

    for (int id = 0; id < FACT__COUNT; id++) {
        struct span whole = span_of(fact_table[id].name);
        size_t before = whole.len - name.len;
        if (fact_table[id].record != RECORD_NONE || whole.len <= name.len + 1 ||
            whole.ptr[before - 1] != '.' ||
            !span_equal(span_from(whole.ptr + before, name.len), name))
            continue;
        if (found != NULL)
            return NULL;
        found = fact_table[id].name;
    }
    return found;
}

const char *fact_nearest(struct span name, enum record inside)
{
    const char *whole = ends_so(name);

    if (whole != NULL)
        return whole;
    return names_nearest(name, candidate, &inside);
}

const char *value_type_article(enum value_type type)
{
    return names_name(articles, (int)type);
}
