/* control_quarantine.c - the quarantine: of this machine alone when it is no member of a cluster, else of all nodes. */
#include <stdio.h>
#include "policyd/control.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/quarantine_copies.h"
#include "policyd/cluster/quarantine_find.h"
#include "policyd/cluster/quarantine_list.h"
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/request_away.h"
#include "policyd/milter_link.h"
#include "store/quarantine.h"

#define LIST_DEFAULT 200
#define ASK_MS       120000 /* a release waits for Postfix */

/* "here": another node asks, which asks the others itself. */
static bool is_local(const struct control_call *call)
{
    return !cluster_is_member() || control_flag(call, "here");
}

static char *argument(const struct control_call *call, const char *name, char *out, size_t size)
{
    struct span text = control_argument(call, name);

    snprintf(out, size, "%.*s", SPAN_ARG(text));
    return out;
}

static void hand_row(void *ctx, json_t *row)
{
    control_row(ctx, json_incref(row));
}

static void hand_data(void *ctx, struct span bytes)
{
    control_data(ctx, bytes);
}

/* The member named in --node into *member_r; 0, or 1 none is named. */
static int named_node(const struct control_call *call, struct member *member_r, struct err *err)
{
    struct span name = control_argument(call, "node");
    struct identity self;

    *member_r = (struct member){.id = ""};
    if (name.len == 0)
        return 1;
    if (span_is(name, "here") && identity_get(&self))
        name = span_of(self.id);
    return members_by_name(name, member_r, err) ? 0 : -1;
}

static int judge_state(const char *state, struct err *err)
{
    struct str words = STR_EMPTY;
    int value;

    if (*state == '\0' || names_value(quarantine_state_names, span_of(state), &value))
        return 0;
    names_join(quarantine_state_names, &words);
    err_set(err, "there is no state '%s'; write %s", state, str_cstr(&words));
    str_clear(&words);
    return -1;
}

enum control_exit control_quarantine_list(struct control_call *call, struct err *err)
{
    char state[32];
    struct member node;
    struct str problems = STR_EMPTY;
    struct quarantine_wanted wanted = {.code = "", .node_id = node.id};
    uint64_t limit = control_number(call, "limit", LIST_DEFAULT);

    if (is_local(call))
        return milter_link_forward("quarantine.list", call, err);
    wanted.state = argument(call, "state", state, sizeof state);
    wanted.limit = limit < QUARANTINE_MAX_LIST ? (size_t)limit : QUARANTINE_MAX_LIST;
    if (judge_state(state, err) == -1 || named_node(call, &node, err) == -1)
        return EXIT_INVALID;
    quarantine_list_all(&wanted, hand_row, call, &problems);
    if (problems.len == 0)
        return EXIT_OK;
    err_set(err, "not complete: %s", str_cstr(&problems));
    str_clear(&problems);
    return EXIT_PARTIAL;
}

struct going {
    struct control_call *call;
    const char *command;
    bool is_change, wants_copy;
};

/* The node itself runs it; its rows, bytes and text are handed on. */
static enum control_exit ask_node(const struct going *g, const char *node_id, const char *id,
                                  struct err *err)
{
    const struct control_sink sink = {hand_row, hand_data, g->call};
    json_t *args = json_deep_copy(g->call->args);
    const struct remote_question question = {.node_id = node_id,
                                             .command = g->command,
                                             .args = args,
                                             .role = g->call->role,
                                             .user = g->call->user,
                                             .sink = &sink,
                                             .timeout_ms = ASK_MS};
    enum control_exit code;

    json_object_set_new(args, "id", json_string(id));
    code = request_ask(&question, err);
    json_decref(args);
    if (code != EXIT_UNREACHABLE)
        return code;
    if (g->is_change && strstr(err->text, "no answer"))
        err_prefix(err, "whether it was done is not known (`milter-ctl quarantine show` says "
                        "it once the node answers)");
    return EXIT_PARTIAL;
}

static enum control_exit holder_is_away(const struct quarantine_place *place, struct err *err)
{
    struct str text = STR_EMPTY, copy = STR_EMPTY;

    if (place->holder)
        node_away_text(place->holder, &text);
    else
        str_printf(&text, "node %s is no longer in this cluster", place->holder_id);
    if (place->copy)
        str_printf(&copy, "; node %s keeps a copy, which --copy names",
                   place->copy->member.name);
    err_set(err, "%s, which holds %s%s", str_cstr(&text), place->id, str_cstr(&copy));
    str_clear(&text);
    str_clear(&copy);
    return EXIT_PARTIAL;
}

static enum control_exit no_copy(const struct quarantine_place *place, struct err *err)
{
    err_set(err, "no node is known to keep a copy of %s", place->id);
    return EXIT_INVALID;
}

/* A copy goes out only when nobody else can: else two administrators could release one message twice. */
static enum control_exit copy_of_live(const struct quarantine_place *place, struct err *err)
{
    err_set(err, "node %s, which holds %s, is alive; without --copy it goes out from there",
            place->holder->member.name, place->id);
    return EXIT_INVALID;
}

static enum control_exit go_to(const struct going *g, const struct quarantine_place *place,
                               struct err *err)
{
    const struct node_seen *node = g->wants_copy ? place->copy : place->holder;
    bool is_here = g->wants_copy ? place->is_copy_here : place->is_holder_here;

    if (g->wants_copy && !place->copy)
        return no_copy(place, err);
    if (g->wants_copy && g->is_change && place->holder && !node_is_away(place->holder))
        return copy_of_live(place, err);
    if (is_here)
        return milter_link_forward(g->command, g->call, err);
    if (!node)
        return holder_is_away(place, err);
    if (node_is_away(node)) {
        if (!g->wants_copy)
            return holder_is_away(place, err);
        (void)request_is_away(node->member.id, err);
        return EXIT_PARTIAL;
    }
    return ask_node(g, node->member.id, place->id, err);
}

static enum control_exit find_and_go(const struct going *g, const char *what, struct err *err)
{
    struct quarantine_place place;
    int found = quarantine_find(what, &place, err);
    enum control_exit code = EXIT_PARTIAL;

    if (found == 1) {
        code = go_to(g, &place, err);
    } else if (found == 0) {
        err_set(err,
                "there is no message %s in quarantine on any node; milter-ctl quarantine list "
                "names them",
                what);
        code = EXIT_INVALID;
    }
    quarantine_place_clear(&place);
    return code;
}

static enum control_exit on_holder(struct control_call *call, const char *command,
                                   struct err *err)
{
    struct going g = {call, command, strcmp(command, "quarantine.show") != 0,
                      control_flag(call, "copy")};
    struct member node;
    struct identity self;
    char what[64];
    int is_named;

    if (is_local(call) || control_argument(call, "id").len == 0)
        return milter_link_forward(command, call, err);
    argument(call, "id", what, sizeof what);
    is_named = named_node(call, &node, err);
    if (is_named == -1)
        return EXIT_INVALID;
    if (is_named == 1)
        return find_and_go(&g, what, err);
    if (identity_get(&self) && strcmp(self.id, node.id) == 0)
        return milter_link_forward(command, call, err);
    return ask_node(&g, node.id, what, err);
}

enum control_exit control_quarantine_show(struct control_call *call, struct err *err)
{
    return on_holder(call, "quarantine.show", err);
}

enum control_exit control_quarantine_release(struct control_call *call, struct err *err)
{
    return on_holder(call, "quarantine.release", err);
}

enum control_exit control_quarantine_delete(struct control_call *call, struct err *err)
{
    return on_holder(call, "quarantine.delete", err);
}

/* Only for other nodes: "from" is whose signature the request bears. */
static int asked_by_node(const struct control_call *call, char from[NODE_ID_SIZE],
                         char id[QUARANTINE_ID_SIZE], struct err *err)
{
    if (!control_flag(call, "here") || control_argument(call, "from").len != NODE_ID_SIZE - 1)
        return err_set(err, "only nodes of the cluster ask this");
    if (!quarantine_id_is_valid(control_argument(call, "id")))
        return err_set(err, "id: it is none");
    argument(call, "from", from, NODE_ID_SIZE);
    argument(call, "id", id, QUARANTINE_ID_SIZE);
    return 0;
}

enum control_exit control_quarantine_copy(struct control_call *call, struct err *err)
{
    char from[NODE_ID_SIZE], id[QUARANTINE_ID_SIZE];

    if (asked_by_node(call, from, id, err) == -1)
        return EXIT_INVALID;
    return quarantine_copies_fetch(from, id, err) == 0 ? EXIT_OK : EXIT_DIFFERS;
}

/* The milter compares the holder it has noted with who asks. */
enum control_exit control_quarantine_uncopy(struct control_call *call, struct err *err)
{
    char from[NODE_ID_SIZE], id[QUARANTINE_ID_SIZE];
    struct milter_question question = {.command = "quarantine.drop", .role = ROLE_ADMIN};

    if (asked_by_node(call, from, id, err) == -1)
        return EXIT_INVALID;
    question.args = json_pack("{s:s,s:s}", "id", id, "holder", from);
    return quarantine_ask_milter(&question, err);
}
