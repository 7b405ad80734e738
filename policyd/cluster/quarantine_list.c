/* quarantine_list.c - merges the quarantines of all nodes by id, page by page. */
#include "policyd/cluster/quarantine_list.h"
#include <stdio.h>
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/quarantine_rows.h"
#include "policyd/cluster/quarantine_shared.h"
#include "policyd/cluster/request_away.h"

#define OWN_PAGE  200
#define PAGES_MAX (2 * QUARANTINE_SHARED_MOST / QUARANTINE_SHARED_PAGE)

struct source {
    const struct node_seen *node;
    bool is_own, is_over;
    json_t *rows; /* of the page */
    size_t at, pages, foreign;
    char before[QUARANTINE_ID_SIZE];
};
struct listing {
    const struct quarantine_wanted *wanted;
    struct quarantine_keys keys;
    struct node_seen *nodes;
    size_t count;
    struct source *sources;
    struct str *problems;
};

static bool is_there(const struct listing *l, const char *node_id)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->nodes[i].member.id, node_id) == 0)
            return !node_is_away(&l->nodes[i]);
    return false;
}

static bool is_wanted(const struct listing *l, const json_t *row)
{
    const char *state = quarantine_row_text(row, "state");

    if (*l->wanted->code && strcmp(quarantine_row_text(row, "code"), l->wanted->code) != 0)
        return false;
    if (*l->wanted->state)
        return strcmp(state, l->wanted->state) == 0;
    return strcmp(state, "copy") != 0 || !is_there(l, quarantine_row_text(row, "holder"));
}

static void add_problem(const struct listing *l, const struct node_seen *node, const char *why)
{
    str_printf(l->problems, "%s%s: %s", l->problems->len > 0 ? "; " : "", node->member.name,
               why);
}

static void end_source(struct listing *l, struct source *s, const char *why)
{
    s->is_over = true;
    add_problem(l, s->node, why);
}

static void refill_own(struct listing *l, struct source *s)
{
    struct err err = {""};
    json_t *rows = quarantine_ask_rows(l->wanted->state, s->before, OWN_PAGE, &err);
    size_t count = json_array_size(rows);

    if (!rows) {
        end_source(l, s, err.text);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (is_wanted(l, json_array_get(rows, i)))
            json_array_append_new(s->rows, quarantine_row_brief(json_array_get(rows, i)));
    snprintf(s->before, sizeof s->before, "%s",
             quarantine_row_text(json_array_get(rows, count - 1), "id"));
    s->is_over = count < OWN_PAGE;
    json_decref(rows);
}

static void refill_other(struct listing *l, struct source *s)
{
    struct shared_rows *page = xcalloc(1, sizeof *page);
    char last[QUARANTINE_ID_SIZE];
    struct err err = {""};

    if (quarantine_shared_page(s->node->member.id, s->before, page, last, &err) != 0)
        end_source(l, s, err.text);
    for (size_t i = 0; i < page->count; i++) {
        json_t *row = quarantine_row_open(str_span(&page->of[i].sealed), &l->keys,
                                          s->node->member.id, page->of[i].id);
        s->foreign += row == NULL;
        if (row && is_wanted(l, row))
            json_array_append(s->rows, row);
        json_decref(row);
    }
    memcpy(s->before, last, sizeof s->before);
    s->is_over = s->is_over || last[0] == '\0' || ++s->pages == PAGES_MAX;
    shared_rows_clear(page);
    xfree(&page);
}

/* The row at hand, or NULL: there are no more. */
static json_t *head(struct listing *l, struct source *s)
{
    while (s->at == json_array_size(s->rows) && !s->is_over) {
        json_array_clear(s->rows);
        s->at = 0;
        if (s->is_own)
            refill_own(l, s);
        else
            refill_other(l, s);
    }
    return json_array_get(s->rows, s->at);
}

static struct source *newest(struct listing *l)
{
    struct source *best = NULL;
    const char *best_id = "";

    for (size_t i = 0; i < l->count; i++) {
        const json_t *row = l->sources[i].node ? head(l, &l->sources[i]) : NULL;
        const char *id = quarantine_row_text(row, "id");

        if (row && (!best || strcmp(id, best_id) > 0)) {
            best = &l->sources[i];
            best_id = id;
        }
    }
    return best;
}

static json_t *dress(const struct source *s)
{
    json_t *row = json_array_get(s->rows, s->at);
    char since[24];

    json_object_set_new(row, "node", control_text(span_of(s->node->member.name)));
    json_object_set_new(row, "node_id", json_string(s->node->member.id));
    if ((s->node->state == NODE_SUSPECT || node_is_away(s->node)) && !s->is_own)
        json_object_set_new(row, "node_away_since", json_string(node_since(s->node, since)));
    return row;
}

static void begin(struct listing *l)
{
    struct identity self = {.id = ""};
    bool has_keys = quarantine_keys_get(&l->keys);

    identity_get(&self);
    l->count = membership_list(true, &l->nodes);
    l->sources = xcalloc(l->count + 1, sizeof *l->sources);
    for (size_t i = 0; i < l->count; i++) {
        const char *id = l->nodes[i].member.id;

        if (*l->wanted->node_id && strcmp(id, l->wanted->node_id) != 0)
            continue;
        l->sources[i] = (struct source){
            .node = &l->nodes[i], .is_own = strcmp(id, self.id) == 0, .rows = json_array()};
        if (!l->sources[i].is_own && !has_keys)
            end_source(l, &l->sources[i], "the cluster's key is not here");
    }
}

static void end(struct listing *l)
{
    char why[64];

    for (size_t i = 0; i < l->count; i++) {
        snprintf(why, sizeof why, "%zu rows in Redis are not its own", l->sources[i].foreign);
        if (l->sources[i].foreign > 0)
            add_problem(l, &l->nodes[i], why);
        json_decref(l->sources[i].rows);
    }
    xfree(&l->sources);
    membership_free(&l->nodes, l->count);
}

void quarantine_list_all(const struct quarantine_wanted *wanted,
                         void (*row)(void *ctx, json_t *row), void *ctx, struct str *problems)
{
    struct listing l = {.wanted = wanted, .problems = problems};
    struct source *s;

    begin(&l);
    for (size_t i = 0; i < wanted->limit && (s = newest(&l)); i++) {
        row(ctx, dress(s));
        s->at++;
    }
    end(&l);
}
