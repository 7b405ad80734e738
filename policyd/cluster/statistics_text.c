/* statistics_text.c - counts as JSON, and back from what may be anybody's. */
#include <jansson.h>
#include <stdlib.h>
#include "policyd/cluster/statistics_counts.h"

#define READ_NAMES 1000 /* of one dimension that are looked at; we write STATISTICS_NAMES */

static json_t *write_numbers(const uint64_t *of, size_t count)
{
    json_t *list = json_array();

    while (count > 0 && of[count - 1] == 0)
        count--;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer((json_int_t)of[i]));
    return list;
}

static json_t *write_latency(const struct latency *latency)
{
    json_t *list = json_array();

    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        if (latency->of[i] == 0)
            continue;
        json_array_append_new(list, json_integer((json_int_t)i));
        json_array_append_new(list, json_integer((json_int_t)latency->of[i]));
    }
    return list;
}

static json_t *write_tally(const struct tally *tally)
{
    json_t *names = json_object();

    for (size_t i = 0; i < tally->count; i++)
        json_object_set_new(names, tally->rows[i].key,
                            write_numbers(tally->rows[i].sum.of, MEASURE__COUNT));
    return names;
}

static void write_dimensions(json_t *root, const struct counts *counts)
{
    json_t *by = json_object(), *other = json_object();

    for (size_t i = 0; dimension_names[i].name != NULL; i++) {
        const struct tally *tally = &counts->by[dimension_names[i].value];
        if (tally->count > 0)
            json_object_set_new(by, dimension_names[i].name, write_tally(tally));
        if (measures_weight(&tally->other) > 0)
            json_object_set_new(other, dimension_names[i].name,
                                write_numbers(tally->other.of, MEASURE__COUNT));
    }
    json_object_set_new(root, "by", by);
    json_object_set_new(root, "other", other);
}

void counts_write(struct str *out, const struct counts *counts)
{
    json_t *root = json_pack("{s:i,s:o,s:I,s:{s:o,s:o}}", "v", 1, "total",
                             write_numbers(counts->total.of, MEASURE__COUNT), "recipients",
                             (json_int_t)counts->recipients, "latency", "message",
                             write_latency(&counts->message_latency), "policy",
                             write_latency(&counts->policy_latency));
    char *text;

    write_dimensions(root, counts);
    text = json_dumps(root, JSON_COMPACT);
    if (text != NULL)
        str_adds(out, text);
    free(text);
    json_decref(root);
}

/* A sum; anything else counts for nothing. */
static uint64_t read_number(const json_t *value)
{
    json_int_t number = json_integer_value(value);

    return number > 0 ? tally_sum((uint64_t)number, 0) : 0;
}

static struct measures read_measures(const json_t *list)
{
    struct measures m = {{0}};

    for (size_t i = 0; i < MEASURE__COUNT; i++)
        m.of[i] = read_number(json_array_get(list, i));
    return m;
}

static void read_latency(struct latency *latency, const json_t *list)
{
    for (size_t i = 0; i + 1 < json_array_size(list) && i < 2 * LATENCY_BUCKETS; i += 2) {
        const json_t *bucket = json_array_get(list, i);
        json_int_t at = json_integer_value(bucket);
        if (json_is_integer(bucket) && at >= 0 && at < LATENCY_BUCKETS)
            latency->of[at] =
                tally_sum(latency->of[at], read_number(json_array_get(list, i + 1)));
    }
}

static void read_dimension(struct tally *tally, json_t *names)
{
    struct measures m;
    const char *name;
    size_t seen = 0;
    json_t *list;

    json_object_foreach(names, name, list)
    {
        if (seen++ == READ_NAMES)
            return;
        m = read_measures(list);
        if (name[0] != '\0')
            tally_add(tally, span_of(name), &m);
    }
}

static void read_all(struct counts *counts, json_t *root, unsigned dimensions)
{
    json_t *latency = json_object_get(root, "latency"), *by = json_object_get(root, "by"),
           *other = json_object_get(root, "other");
    struct measures m = read_measures(json_object_get(root, "total"));

    measures_add(&counts->total, &m);
    counts->recipients =
        tally_sum(counts->recipients, read_number(json_object_get(root, "recipients")));
    read_latency(&counts->message_latency, json_object_get(latency, "message"));
    read_latency(&counts->policy_latency, json_object_get(latency, "policy"));
    for (size_t i = 0; dimension_names[i].name != NULL; i++) {
        struct tally *tally = &counts->by[dimension_names[i].value];
        if ((dimensions >> dimension_names[i].value & 1) == 0)
            continue;
        read_dimension(tally, json_object_get(by, dimension_names[i].name));
        m = read_measures(json_object_get(other, dimension_names[i].name));
        measures_add(&tally->other, &m);
    }
}

int counts_read(struct counts *counts, struct span text, unsigned dimensions, struct err *err)
{
    json_error_t where;
    json_t *root;

    if (text.len > STATISTICS_MAX_TEXT)
        return err_set(err, "an hour of statistics has %zu bytes; at most %d are read",
                       text.len, STATISTICS_MAX_TEXT);
    root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL)
        return err_set(err, "an hour of statistics is no JSON: %s", where.text);
    if (!json_is_object(root) || !json_is_array(json_object_get(root, "total"))) {
        json_decref(root);
        return err_set(err, "an hour of statistics has no \"total\"");
    }
    read_all(counts, root, dimensions);
    json_decref(root);
    return 0;
}
