/* control_node.c - node list, drain, resume, forget; rules wait. */
#include "base/xalloc.h"
#include "control/client.h"
#include "engine/drain.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/heartbeat_content.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/membership.h"
#include "policyd/cluster/node_row.h"
#include "policyd/cluster/requests.h"
#include "policyd/control.h"
#include "policyd/milter_link.h"

#define REMOTE_TIMEOUT_MS 10000
#define FORGET_TRIES      10
#define LOOK_MS           5000
#define WAIT_MAX_S        3600

/* Of a machine that is no member: itself. */
static size_t list_alone(struct node_seen **nodes_r)
{
    struct node_seen *self = xcalloc(1, sizeof *self);

    heartbeat_ask_milter();
    self->state = NODE_ALIVE;
    self->heartbeat = heartbeat_content(NULL);
    *nodes_r = self;
    return 1;
}

enum control_exit control_node_list(struct control_call *call, struct err *err)
{
    struct node_seen *nodes;
    bool is_member = cluster_is_member(), is_well = true;
    size_t count = is_member ? membership_list(true, &nodes) : list_alone(&nodes);

    for (size_t i = 0; i < count; i++) {
        json_t *row = node_row(&nodes[i]);

        is_well = node_row_is_well(row) && is_well;
        control_row(call, row);
    }
    membership_free(&nodes, count);
    if (is_member && !redis_is_up(cluster_redis())) {
        err_set(err, "Redis is away: this is what was known last");
        is_well = false;
    }
    return is_well ? EXIT_OK : EXIT_DIFFERS;
}

/* Which node is meant; 1 another, 0 this one, -1. */
static int find_node(const struct control_call *call, struct member *member_r, struct err *err)
{
    struct span name = control_argument(call, "node");
    struct identity identity;

    if (name.len == 0 || span_is(name, "here") || control_flag(call, "here"))
        return 0;
    if (!cluster_is_configured() || !identity_get(&identity)) {
        if (span_is(name, control_shared.settings->node_name))
            return 0;
        return err_set(err,
                       "this machine belongs to no cluster; without a name, or with `here`, "
                       "it is meant itself");
    }
    if (!members_by_name(name, member_r, err))
        return -1;
    return strcmp(member_r->id, identity.id) == 0 ? 0 : 1;
}

static void pass_row(void *ctx, json_t *object)
{
    control_row(ctx, json_incref(object));
}

static enum control_exit ask_other(const char *command, const struct member *member,
                                   struct control_call *call, struct err *err)
{
    const struct control_sink sink = {pass_row, NULL, call};
    const struct remote_question question = {.node_id = member->id,
                                             .command = command,
                                             .args = call->args,
                                             .role = ROLE_ADMIN,
                                             .user = call->user,
                                             .sink = &sink,
                                             .timeout_ms = REMOTE_TIMEOUT_MS};

    return request_ask(&question, err);
}

static enum control_exit changed(const char *what, struct err *err)
{
    membership_changed();
    milter_link_poke();
    err_set(err, "%s: %s", control_shared.settings->node_name, what);
    return EXIT_OK;
}

enum control_exit control_drain(struct control_call *call, struct err *err)
{
    struct member member;
    int where = find_node(call, &member, err);

    if (where != 0)
        return where < 0 ? EXIT_INVALID : ask_other("drain", &member, call, err);
    if (drain_set(call->user, err) != 0)
        return EXIT_PARTIAL;
    return changed("drained; no new mail is taken, what Postfix has queued goes on; `node "
                   "resume` ends it",
                   err);
}

enum control_exit control_resume(struct control_call *call, struct err *err)
{
    struct member member;
    int where = find_node(call, &member, err);

    if (where != 0)
        return where < 0 ? EXIT_INVALID : ask_other("resume", &member, call, err);
    if (drain_clear(err) != 0)
        return EXIT_PARTIAL;
    return changed("takes new mail", err);
}

static enum node_state state_of(const char *id)
{
    enum node_state state = NODE_NEVER_SEEN;
    struct node_seen *nodes;
    size_t count = membership_list(true, &nodes);

    for (size_t i = 0; i < count; i++)
        if (strcmp(nodes[i].member.id, id) == 0)
            state = nodes[i].state;
    membership_free(&nodes, count);
    return state;
}

/* Somebody else may write to the ledger at the same time: then from the new head. */
static enum control_exit forget(const struct member *member, const char *author,
                                struct err *err)
{
    struct str payload = STR_EMPTY;
    struct ledger_draft draft = {.subject = SPAN("members"), .author = author};
    uint64_t number;
    int state = 0;

    str_printf(&payload, "{\"verb\":\"forget\",\"id\":\"%s\"}", member->id);
    draft.payload = str_span(&payload);
    for (int i = 0; i < FORGET_TRIES && state == 0; i++) {
        state = ledger_append(&draft, &number, err);
        if (state == 0)
            feed_look_and_wait(LOOK_MS);
    }
    str_clear(&payload);
    if (state != 1)
        return EXIT_INVALID;
    membership_changed();
    err_set(err,
            "node %s is forgotten: its heartbeats and requests count no longer; what it "
            "counted in the past stays in the sums",
            member->name);
    return EXIT_OK;
}

enum control_exit control_node_forget(struct control_call *call, struct err *err)
{
    struct member member;
    enum node_state state;
    int where = find_node(call, &member, err);

    if (where < 0)
        return EXIT_INVALID;
    if (where == 0) {
        err_set(err, "that is this node; `milter-ctl cluster leave` takes it out of the "
                     "cluster");
        return EXIT_INVALID;
    }
    state = state_of(member.id);
    if (state != NODE_DOWN && state != NODE_NEVER_SEEN && !control_flag(call, "force")) {
        err_set(err,
                "node %s is %s; say `milter-ctl cluster leave` there, or forget it with "
                "--force",
                member.name, names_name(node_state_names, (int)state));
        return EXIT_INVALID;
    }
    return forget(&member, call->user, err);
}

/* A machine alone: what is applied is in force. */
static void alone_row(json_t *rows, uint64_t revision)
{
    json_array_append_new(
        rows, json_pack("{s:o,s:s,s:I,s:s}", "node",
                        control_text(span_of(control_shared.settings->node_name)), "state",
                        "ACK", "applied", (json_int_t)revision, "why", ""));
}

enum control_exit control_rules_wait(struct control_call *call, struct err *err)
{
    uint64_t revision = control_number(call, "revision", 0);
    uint64_t seconds = control_number(call, "seconds", 10);
    json_t *rows = json_array(), *row;
    enum control_exit code = EXIT_OK;
    size_t i;

    if (seconds > WAIT_MAX_S)
        seconds = WAIT_MAX_S;
    if (cluster_is_member())
        code = (enum control_exit)membership_wait_applied(SPAN("rules"), revision,
                                                          (int)seconds * 1000, rows);
    else
        alone_row(rows, revision);
    json_array_foreach(rows, i, row) control_row(call, json_incref(row));
    json_decref(rows);
    if (code != EXIT_OK)
        err_set(err, "not in force on all nodes");
    return code;
}
