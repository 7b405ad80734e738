/* authserv_ids.c - keeps the file that tells the milter the names of all nodes. */
#include "policyd/cluster/authserv_ids.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "policyd/health.h"

static struct {
    bool is_read; /* known is what the file says */
    struct authserv_ids known;
} own;

/* What the heartbeat says under that key; empty when it says nothing usable. */
static struct span said(const struct node_entry *entry, const char *key)
{
    struct span id = span_of(json_string_value(json_object_get(entry->heartbeat, key)));

    return authserv_id_is_valid(id) ? id : span_of("");
}

static struct span id_of(const struct node_entry *entry, const struct authserv_ids *before)
{
    struct span id = said(entry, "authserv_id");

    if (id.len == 0 && entry->heartbeat != NULL)
        id = said(entry, "name");
    if (id.len == 0)
        id = span_of(authserv_ids_find(before, entry->member.id));
    return id.len > 0 ? id : span_of(entry->member.name);
}

static void take(struct authserv_ids *ids, const struct member *member, struct span id)
{
    struct authserv_id *next = &ids->list[ids->count];

    if (!authserv_id_is_valid(id) || strlen(member->id) != AUTHSERV_NODE_LEN)
        return;
    memcpy(next->node, member->id, AUTHSERV_NODE_LEN);
    memcpy(next->id, id.ptr, id.len);
    ids->count++;
}

void cluster_authserv_ids_of(const struct node_table *table, const struct authserv_ids *before,
                             struct authserv_ids *ids_r)
{
    *ids_r = (struct authserv_ids){.list = xcalloc(table->count + 1, sizeof *ids_r->list)};
    for (size_t i = 0; i < table->count && ids_r->count < AUTHSERV_IDS_MAX; i++)
        take(ids_r, &table->list[i].member, id_of(&table->list[i], before));
}

static bool is_same(const struct authserv_ids *a, const struct authserv_ids *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (strcmp(a->list[i].node, b->list[i].node) != 0 ||
            strcmp(a->list[i].id, b->list[i].id) != 0)
            return false;
    return a->count == b->count;
}

/* What cannot be read is written anew. */
static void read_once(const char *state_dir)
{
    if (own.is_read)
        return;
    authserv_ids_clear(&own.known);
    own.is_read = authserv_ids_read(state_dir, &own.known, NULL) >= 0;
}

void cluster_authserv_ids_follow(const char *state_dir, const struct node_table *table)
{
    const struct node_table nobody = {0};
    struct authserv_ids next;
    struct err err;

    read_once(state_dir);
    cluster_authserv_ids_of(table != NULL ? table : &nobody, &own.known, &next);
    if (own.is_read && is_same(&next, &own.known)) {
        authserv_ids_clear(&next);
        return;
    }
    own.is_read = authserv_ids_write(state_dir, &next, &err) == 0;
    health_set("authserv_ids", !own.is_read, LOG_LEVEL_ERROR,
               "other nodes' Authentication-Results may pass as ours: %s",
               own.is_read ? "" : err.text);
    authserv_ids_clear(&own.known);
    own.known = next;
}

void cluster_authserv_ids_end(void)
{
    authserv_ids_clear(&own.known);
    own.is_read = false;
}
