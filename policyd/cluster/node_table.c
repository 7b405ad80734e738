/* node_table.c - each member with its newest heartbeat and its state. */
#include "policyd/cluster/node_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/heartbeat.h"
#include "policyd/cluster/membership_wire.h"
#include "policyd/health.h"

static struct node_entry *find(const struct node_table *table, size_t guess, const char *id)
{
    if (guess < table->count && strcmp(table->list[guess].member.id, id) == 0)
        return &table->list[guess];
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->list[i].member.id, id) == 0)
            return &table->list[i];
    return NULL;
}

static void entry_begin(struct node_entry *entry)
{
    *entry = (struct node_entry){.state = NODE_NEVER_SEEN};
    node_track_begin(&entry->track);
}

void node_table_fit(struct node_table *table, const struct member *members, size_t count)
{
    struct node_entry *list = xcalloc(count + 1, sizeof *list);

    for (size_t i = 0; i < count; i++) {
        struct node_entry *known = find(table, i, members[i].id);

        if (known != NULL) {
            list[i] = *known;
            known->heartbeat = NULL; /* has moved */
        } else {
            entry_begin(&list[i]);
        }
        list[i].member = members[i];
    }
    node_table_clear(table);
    *table = (struct node_table){list, count};
}

void node_table_clear(struct node_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        json_decref(table->list[i].heartbeat);
    xfree(&table->list);
    table->count = 0;
}

static void read_new(struct node_entry *entry, const struct node_reading *reading)
{
    const struct heartbeat_of of = {reading->cluster, entry->member.id,
                                    entry->member.sign_public};
    struct heartbeat found;
    struct err err;

    entry->is_readable = false;
    entry->forged[0] = '\0';
    if (reading->bytes.len == 0)
        return;
    if (heartbeat_read(reading->bytes, &of, &found, &err) != 0) {
        snprintf(entry->forged, sizeof entry->forged, "its heartbeat is refused: %.150s",
                 err.text);
        return;
    }
    entry->is_readable = true;
    members_note_name(found.id, json_string_value(json_object_get(found.root, "name")));
    entry->seq = found.seq;
    memcpy(entry->boot, found.boot, sizeof entry->boot);
    if (found.seq > entry->track.seq || entry->heartbeat == NULL) {
        json_decref(entry->heartbeat);
        entry->heartbeat = json_incref(found.root);
    }
    heartbeat_clear(&found);
}

void node_entry_see(struct node_entry *entry, const struct node_reading *reading)
{
    struct track_sight sight = {.age_ms = reading->age_ms, .now_ms = reading->now_ms};
    uint8_t sha256[HASH_SHA256_SIZE];

    hash_sha256(reading->bytes, sha256);
    if (memcmp(sha256, entry->sha256, sizeof sha256) != 0)
        read_new(entry, reading);
    memcpy(entry->sha256, sha256, sizeof sha256);
    if (entry->is_readable) {
        sight.boot = entry->boot;
        sight.seq = entry->seq;
    }
    node_track_see(&entry->track, &sight);
    entry->state = node_track_state(&entry->track, reading->now_ms);
}

struct reading_all {
    struct node_table *table;
    const char *cluster;
    int64_t mono_ms, wall_ms;
};

static void say_change(const struct node_entry *entry, enum node_state before)
{
    enum log_level level = entry->state == NODE_ALIVE ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;

    if (entry->state == before || before == NODE_NEVER_SEEN)
        return;
    if (entry->state == NODE_DOUBLE)
        log_write(LOG_LEVEL_ERROR, NULL,
                  "node %s (%s): two machines run with this one identity; on one of them do "
                  "`milter-ctl cluster leave`, then join anew",
                  entry->member.name, entry->member.id);
    else
        log_write(level, NULL, "node %s is %s", entry->member.name,
                  names_name(node_state_names, (int)entry->state));
}

static void take(void *ctx, size_t index, struct span bytes, int64_t age_ms)
{
    struct reading_all *all = ctx;
    struct node_entry *entry = &all->table->list[index];
    const struct node_reading reading = {bytes, age_ms, all->mono_ms, all->cluster};
    enum node_state before = entry->state;

    node_entry_see(entry, &reading);
    if (entry->track.age_ms >= 0)
        entry->seen_ms = all->wall_ms - entry->track.age_ms;
    say_change(entry, before);
}

/* One line for all of them: they come by the hundred when somebody writes into Redis. */
static void say_forged(const struct node_table *table)
{
    const struct node_entry *first = NULL;
    size_t count = 0;

    for (size_t i = 0; i < table->count; i++) {
        if (table->list[i].forged[0] != '\0' && count++ == 0)
            first = &table->list[i];
    }
    health_set("heartbeats", count > 0, LOG_LEVEL_ERROR,
               "%zu of them cannot be believed, node %s first: %s; somebody else writes into "
               "Redis",
               count, count > 0 ? first->member.name : "", count > 0 ? first->forged : "");
}

int node_table_read(struct node_table *table, const char *cluster)
{
    struct member *nodes = xcalloc(table->count + 1, sizeof *nodes);
    struct reading_all all = {table, cluster, clock_mono_ms(), clock_now_ms()};
    const struct wire_reader reader = {take, &all};
    int state;

    for (size_t i = 0; i < table->count; i++)
        nodes[i] = table->list[i].member;
    state = wire_read(nodes, table->count, &reader, NULL);
    if (state == 0)
        say_forged(table);
    xfree(&nodes);
    return state;
}

size_t node_table_alive(const struct node_table *table, const char *own_id)
{
    size_t count = 0;

    for (size_t i = 0; i < table->count; i++)
        count +=
            (table->list[i].state != NODE_DOWN && table->list[i].state != NODE_NEVER_SEEN) ||
            strcmp(table->list[i].member.id, own_id) == 0;
    return count;
}

/* A heartbeat of its own for each reader: what threads share, jansson would count without a lock. */
static void copy_entry(struct node_seen *seen, const struct node_entry *entry)
{
    *seen = (struct node_seen){.member = entry->member,
                               .state = entry->state,
                               .age_ms = entry->track.age_ms,
                               .seen_ms = entry->seen_ms,
                               .heartbeat = json_deep_copy(entry->heartbeat)};
    if (entry->forged[0] != '\0')
        snprintf(seen->trouble, sizeof seen->trouble, "%s", entry->forged);
    else if (entry->state == NODE_DOUBLE)
        snprintf(seen->trouble, sizeof seen->trouble,
                 "two machines run with this one identity: boots %s and %s",
                 entry->track.boots[0], entry->track.boots[1]);
    else if (entry->track.is_replay)
        snprintf(seen->trouble, sizeof seen->trouble,
                 "an old heartbeat of it is written again and again, not by itself");
}

size_t node_table_copy(const struct node_table *table, struct node_seen **nodes_r)
{
    *nodes_r = xcalloc(table->count + 1, sizeof **nodes_r);
    for (size_t i = 0; i < table->count; i++)
        copy_entry(&(*nodes_r)[i], &table->list[i]);
    return table->count;
}

void membership_free(struct node_seen **nodes, size_t count)
{
    for (size_t i = 0; *nodes != NULL && i < count; i++)
        json_decref((*nodes)[i].heartbeat);
    xfree(nodes);
}
