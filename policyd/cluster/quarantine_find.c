/* quarantine_find.c - finds who holds a message, and who has a copy of it. */
#include "policyd/cluster/quarantine_find.h"
#include <stdio.h>
#include "base/xalloc.h"
#include "policyd/cluster/quarantine_list.h"
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/quarantine_rows.h"
#include "policyd/cluster/requests.h"
#include "store/decision_code.h"

#define ASK_MS 10000

static void take_id(struct quarantine_place *place, const char *id)
{
    if (!place->id[0] && quarantine_id_is_valid(span_of(id)))
        snprintf(place->id, sizeof place->id, "%s", id);
}

/* What has another holder is a copy, whatever became of it. */
static void take_row(struct quarantine_place *place, const struct node_seen *node,
                     const json_t *row, bool is_here)
{
    const char *holder = quarantine_row_text(row, "holder");

    take_id(place, quarantine_row_text(row, "id"));
    if (*holder && (!place->copy || node->state == NODE_ALIVE)) {
        place->copy = node;
        place->is_copy_here = is_here;
        snprintf(place->holder_id, sizeof place->holder_id, "%s", holder);
    } else if (!*holder && (!place->holder || is_here)) {
        place->holder = node;
        place->is_holder_here = is_here;
    }
}

static const struct node_seen *node_by_id(const struct quarantine_place *place, const char *id)
{
    for (size_t i = 0; i < place->count; i++)
        if (strcmp(place->nodes[i].member.id, id) == 0)
            return &place->nodes[i];
    return NULL;
}

static void look_here(const char *what, const char *self, struct quarantine_place *place,
                      struct err *err)
{
    const struct node_seen *node = node_by_id(place, self);
    enum control_exit code;
    json_t *row = quarantine_ask_row(what, &code, err);

    if (row && node)
        take_row(place, node, row, true);
    if (code == EXIT_INVALID)
        err_reset(err);
    json_decref(row);
}

/* All others that have it by their index. */
static void look_in_index(const char *self, struct quarantine_place *place, struct err *err)
{
    struct str *rows = xcalloc(place->count + 1, sizeof *rows);
    struct quarantine_keys keys;

    if (quarantine_keys_get(&keys) && place->count > 0)
        (void)quarantine_shared_find(place->nodes, place->count, place->id, rows, err);
    for (size_t i = 0; i < place->count; i++) {
        const char *node = place->nodes[i].member.id;
        json_t *row = rows[i].len > 0 && strcmp(node, self) != 0
                          ? quarantine_row_open(str_span(&rows[i]), &keys, node, place->id)
                          : NULL;
        if (row)
            take_row(place, &place->nodes[i], row, false);
        json_decref(row);
        str_clear(&rows[i]);
    }
    xfree(&rows);
}

static void take_listed(void *ctx, json_t *row)
{
    take_id(ctx, quarantine_row_text(row, "id"));
}

/* The code names its node; the node's index, the id. */
static void look_by_code(const char *code, struct quarantine_place *place)
{
    uint16_t numbers[CLUSTER_KEY_GENERATIONS];
    struct cluster_key key;
    uint64_t value;
    size_t count = 0;
    struct str problems = STR_EMPTY;
    struct member member;

    if (decision_code_parse(span_of(code), &value) && cluster_key_get(&key))
        count = cluster_key_code_nodes(&key, value, numbers);
    for (size_t i = 0; i < count && !place->id[0]; i++)
        if (members_by_number(numbers[i], &member)) {
            const struct quarantine_wanted wanted = {"", member.id, code, 1};
            quarantine_list_all(&wanted, take_listed, place, &problems);
        }
    str_clear(&problems);
}

static void take_answer(void *ctx, json_t *row)
{
    take_id(ctx, quarantine_row_text(row, "id"));
}

/* A code that was made before its node joined says nothing of the node. */
static void ask_everybody(const char *code, struct quarantine_place *place)
{
    const struct control_sink sink = {take_answer, NULL, place};
    json_t *args = json_pack("{s:o}", "id", control_text(span_of(code)));
    json_t *absent = json_array();
    const struct remote_question question = {.command = "quarantine.show",
                                             .args = args,
                                             .role = ROLE_OPERATE,
                                             .user = "find",
                                             .sink = &sink,
                                             .timeout_ms = ASK_MS};

    request_ask_all(&question, absent);
    json_decref(args);
    json_decref(absent);
}

int quarantine_find(const char *what, struct quarantine_place *place_r, struct err *err)
{
    struct identity self;
    uint64_t code;
    bool is_code;

    *place_r = (struct quarantine_place){.id = ""};
    if (!identity_get(&self))
        return err_set(err, "this node is no member of a cluster");
    place_r->count = membership_list(true, &place_r->nodes);
    err_reset(err);
    look_here(what, self.id, place_r, err);
    take_id(place_r, what);
    is_code = !place_r->id[0] && decision_code_parse(span_of(what), &code);
    if (is_code)
        look_by_code(what, place_r);
    if (is_code && !place_r->id[0])
        ask_everybody(what, place_r);
    if (place_r->id[0])
        look_in_index(self.id, place_r, err);
    if (place_r->holder || place_r->copy)
        return 1;
    return err->text[0] ? -1 : 0;
}

void quarantine_place_clear(struct quarantine_place *place)
{
    membership_free(&place->nodes, place->count);
}
