/* control_status.c - cluster status: links, ledgers that are not in order, nodes; and the short form in `status`. */
#include "policyd/cluster/control_status.h"

#include <stdlib.h>

#include "policyd/cluster/cluster.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/members.h"
#include "policyd/cluster/membership.h"
#include "policyd/cluster/node_row.h"
#include "policyd/control.h"

static void set_link(json_t *row, const char *name, struct redis *redis)
{
    struct str text = STR_EMPTY;

    if (redis != NULL)
        redis_state(redis, &text);
    json_object_set_new(row, name, control_text(str_span(&text)));
    str_clear(&text);
}

static void set_links(json_t *row)
{
    set_link(row, "redis", cluster_redis());
    if (cluster_redis_admin() != cluster_redis())
        set_link(row, "redis_admin", cluster_redis_admin());
    if (cluster_redis_counters() != cluster_redis())
        set_link(row, "redis_counters", cluster_redis_counters());
    json_object_set_new(row, "redis_free_percent", json_integer(cluster_redis_free_percent()));
}

/* It follows the cluster still, and nobody listens to it any more. */
static bool is_forgotten(const struct identity *identity)
{
    struct member own;

    return members_by_id(identity->id, &own) && own.is_forgotten;
}

static json_t *cluster_row(const struct identity *identity)
{
    json_t *row = json_object();

    json_object_set_new(row, "what", json_string("cluster"));
    json_object_set_new(row, "cluster",
                        control_text(span_of(cluster_settings()->cluster_name)));
    json_object_set_new(row, "node", control_text(span_of(cluster_settings()->node_name)));
    json_object_set_new(row, "is_member", json_boolean(identity != NULL));
    if (identity != NULL) {
        json_object_set_new(row, "id", json_string(identity->id));
        json_object_set_new(row, "number", json_integer(identity->number));
        json_object_set_new(row, "is_forgotten", json_boolean(is_forgotten(identity)));
        json_object_set_new(row, "has_signing_key", json_boolean(identity->has_signing_key));
    }
    set_links(row);
    return row;
}

static json_t *subject_row(const struct ledger_status *status)
{
    json_t *row = json_object();

    json_object_set_new(row, "what", json_string("subject"));
    json_object_set_new(row, "subject", control_text(span_of(status->subject)));
    json_object_set_new(row, "state",
                        json_string(names_name(ledger_state_names, (int)status->state)));
    json_object_set_new(row, "applied", json_integer((json_int_t)status->applied));
    json_object_set_new(row, "head", json_integer((json_int_t)status->head));
    json_object_set_new(row, "why", control_text(span_of(status->why)));
    return row;
}

/* Calls each for what is not in order, and says how many subjects there are. */
static size_t subjects(void (*each)(void *ctx, json_t *row), void *ctx, bool *is_well)
{
    struct ledger_status *all = NULL;
    size_t count = ledger_all(&all);

    for (size_t i = 0; i < count; i++) {
        if (all[i].state == LEDGER_IN_ORDER)
            continue;
        *is_well = false;
        each(ctx, subject_row(&all[i]));
    }
    free(all);
    return count;
}

static void send_row(void *ctx, json_t *row)
{
    control_row(ctx, row);
}

static void send_nodes(struct control_call *call, const struct node_seen *nodes, size_t count,
                       bool *is_well)
{
    for (size_t i = 0; i < count; i++) {
        json_t *row = node_row(&nodes[i]);

        json_object_set_new(row, "what", json_string("node"));
        *is_well = node_row_is_well(row) && *is_well;
        control_row(call, row);
    }
}

enum control_exit control_cluster_status(struct control_call *call, struct err *err)
{
    struct identity identity;
    struct node_seen *nodes = NULL;
    bool is_well = true;
    size_t count;

    if (!cluster_is_configured()) {
        err_set(err, "no cluster is configured: cluster_name and redis are empty in "
                     "postgate.cf");
        return EXIT_INVALID;
    }
    if (!identity_get(&identity)) {
        control_row(call, cluster_row(NULL));
        err_set(err, "this node belongs to no cluster yet; `milter-ctl cluster init` makes "
                     "one, `cluster join` enters one");
        return EXIT_DIFFERS;
    }
    count = membership_list(true, &nodes);
    control_row(call, cluster_row(&identity));
    subjects(send_row, call, &is_well);
    send_nodes(call, nodes, count, &is_well);
    membership_free(&nodes, count);
    if (is_forgotten(&identity)) {
        err_set(err, "this node was forgotten by its cluster; say `milter-ctl cluster leave`, "
                     "then join again if it is to come back");
        is_well = false;
    } else if (!redis_is_up(cluster_redis())) {
        err_set(err, "Redis is away: of the nodes this is what was known last");
        is_well = false;
    }
    return is_well ? EXIT_OK : EXIT_DIFFERS;
}

static void append_row(void *ctx, json_t *row)
{
    json_object_del(row, "what");
    json_array_append_new(ctx, row);
}

static void set_nodes(json_t *part, bool *is_well)
{
    json_t *away = json_array();
    struct node_seen *nodes;
    size_t count = membership_list(false, &nodes);

    for (size_t i = 0; i < count; i++) {
        if (nodes[i].state == NODE_ALIVE)
            continue;
        *is_well = false;
        json_array_append_new(
            away, json_pack("{s:o,s:s}", "node", control_text(span_of(nodes[i].member.name)),
                            "state", names_name(node_state_names, (int)nodes[i].state)));
    }
    json_object_set_new(part, "nodes", json_integer((json_int_t)count));
    json_object_set_new(part, "alive",
                        json_integer((json_int_t)(count - json_array_size(away))));
    json_object_set_new(part, "away", away);
    membership_free(&nodes, count);
}

bool cluster_status_set(json_t *row)
{
    struct identity identity;
    json_t *part, *troubled;
    bool is_well = true;

    if (!cluster_is_configured())
        return true;
    part = json_object();
    troubled = json_array();
    json_object_set_new(part, "name", control_text(span_of(cluster_settings()->cluster_name)));
    json_object_set_new(part, "is_member", json_boolean(identity_get(&identity)));
    set_link(part, "redis", cluster_redis());
    if (cluster_is_member()) {
        json_object_set_new(part, "is_forgotten", json_boolean(is_forgotten(&identity)));
        is_well = !is_forgotten(&identity);
        set_nodes(part, &is_well);
        json_object_set_new(part, "subjects",
                            json_integer((json_int_t)subjects(append_row, troubled, &is_well)));
    }
    json_object_set_new(part, "troubled", troubled);
    json_object_set_new(row, "cluster", part);
    return is_well;
}
