/* quarantine_compare.c - finds what the shared index lacks, has too much, or has as it was. */
#include "policyd/cluster/quarantine_compare.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/hash.h"
#include "base/xalloc.h"
#include "policyd/cluster/quarantine_copies.h"
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/quarantine_rows.h"
#include "policyd/cluster/quarantine_shared.h"
#include "policyd/cluster/request_hints.h"

#define PAGE 500 /* rows of the milter at once */

/* What is written, by id, newest first. */
struct written {
    char id[QUARANTINE_ID_SIZE];
    uint64_t digest; /* 0: to be written again */
};
struct written_list {
    struct written *of;
    size_t count, room;
};
static struct written_list written;

struct comparing {
    const char *node;
    struct quarantine_keys keys;
    struct written_list now;
    struct shared_rows out;
    char before[QUARANTINE_ID_SIZE]; /* what is compared already is not older than this */
};

static int newest_first(const void *a, const void *b)
{
    return strcmp(((const struct written *)b)->id, ((const struct written *)a)->id);
}

static struct written *find(const char *id)
{
    struct written key;

    snprintf(key.id, sizeof key.id, "%s", id);
    return written.count > 0
               ? bsearch(&key, written.of, written.count, sizeof key, newest_first)
               : NULL;
}

static void note(struct written_list *list, const char *id, uint64_t digest)
{
    if (list->count == list->room) {
        list->room = list->room == 0 ? 256 : 2 * list->room;
        list->of = xreallocarray(list->of, list->room, sizeof *list->of);
    }
    snprintf(list->of[list->count].id, QUARANTINE_ID_SIZE, "%s", id);
    list->of[list->count++].digest = digest;
}

void quarantine_compare_changed(const char *id)
{
    struct written *entry = find(id);

    if (entry)
        entry->digest = 0;
}

void quarantine_compare_forget(void)
{
    xfree(&written.of);
    written = (struct written_list){0};
}

static uint64_t digest_of(const json_t *brief)
{
    const uint64_t seed[2] = {7, 11}; /* a clash costs one change that shows late */
    char *text = json_dumps(brief, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t digest = hash_table64(seed, span_of(text));

    free(text);
    return digest == 0 ? 1 : digest;
}

static int flush(struct comparing *c, struct err *err)
{
    int result = quarantine_shared_put(c->node, &c->out, err);

    shared_rows_clear(&c->out);
    return result;
}

static int put_out(struct comparing *c, const char *id, const json_t *brief, struct err *err)
{
    struct shared_row *row = &c->out.of[c->out.count++];

    snprintf(row->id, sizeof row->id, "%s", id);
    row->sealed = (struct str)STR_EMPTY;
    quarantine_row_seal(&row->sealed, &c->keys, c->node, id, brief);
    return c->out.count == QUARANTINE_SHARED_PAGE ? flush(c, err) : 0;
}

/* is_shared: Redis has some row of it. */
static int compare_one(struct comparing *c, const json_t *row, bool is_shared, struct err *err)
{
    const char *id = quarantine_row_text(row, "id");
    json_t *brief = quarantine_row_brief(row);
    const struct written *before = find(id);
    uint64_t digest = digest_of(brief);
    int result = 0;

    if (!is_shared || !before || before->digest != digest)
        result = put_out(c, id, brief, err);
    note(&c->now, id, digest);
    quarantine_copies_compare(id, row);
    json_decref(brief);
    return result;
}

struct range {
    struct shared_id *ids;
    size_t count, at;
};

/* Removes what Redis has down to id and we have not, many at once; 1 when it has the id itself, 0, -1. */
static int pass_shared(const struct comparing *c, struct range *range, const char *id,
                       struct err *err)
{
    size_t from = range->at, end = from;

    while (end < range->count && strcmp(range->ids[end].id, id) > 0)
        end++;
    for (size_t many; from < end; from += many) {
        many = end - from < QUARANTINE_SHARED_PAGE ? end - from : QUARANTINE_SHARED_PAGE;
        if (hint_is_over())
            return err_set(err, "policyd ends");
        if (quarantine_shared_remove(c->node, range->ids + from, many, err) != 0)
            return -1;
    }
    range->at = end;
    if (end == range->count || strcmp(range->ids[end].id, id) != 0)
        return 0;
    range->at++;
    return 1;
}

/* One page of the milter's rows against the same stretch of the index. */
static int compare_page(struct comparing *c, const json_t *rows, struct err *err)
{
    size_t count = json_array_size(rows);
    const char *last =
        count == PAGE ? quarantine_row_text(json_array_get(rows, count - 1), "id") : "";
    const struct shared_range stretch = {last, c->before, 2 * QUARANTINE_SHARED_MOST};
    struct range range = {0};
    int is_shared,
        result = quarantine_shared_ids(c->node, &stretch, &range.ids, &range.count, err);

    for (size_t i = 0; i < count && result == 0; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *id = quarantine_row_text(row, "id");

        if (!quarantine_id_is_valid(span_of(id)))
            continue;
        is_shared = pass_shared(c, &range, id, err);
        result = is_shared < 0 ? -1 : compare_one(c, row, is_shared == 1, err);
    }
    if (result == 0 && *last == '\0')
        result = pass_shared(c, &range, "", err);
    snprintf(c->before, sizeof c->before, "%s", last);
    free(range.ids);
    return result;
}

static int compare_all(struct comparing *c, struct err *err)
{
    int result = 0;

    do {
        if (hint_is_over())
            return err_set(err, "policyd ends");
        json_t *rows = quarantine_ask_rows("", c->before, PAGE, err);

        result = rows ? compare_page(c, rows, err) : -1;
        json_decref(rows);
    } while (result == 0 && c->before[0] != '\0' && c->now.count < QUARANTINE_SHARED_MOST);
    return result == 0 ? flush(c, err) : -1;
}

int quarantine_compare(const char *node, struct err *err)
{
    struct comparing c = {.node = node};
    int result;

    if (!quarantine_keys_get(&c.keys))
        return err_set(err, "the cluster's key is not here");
    result = compare_all(&c, err);
    shared_rows_clear(&c.out);
    if (result == 0) {
        quarantine_compare_forget();
        written = c.now;
    } else {
        xfree(&c.now.of);
    }
    return result;
}
