/* control_log.c - log: decisions searched, of both daemons, and of the other nodes side by side with them. */
#include <signal.h>
#include <stdlib.h>
#include "base/clock.h"
#include "control/decision_log.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/requests.h"
#include "policyd/control.h"
#include "policyd/milter_link.h"

/* Each with time to send what it found. */
#define MILTER_TIMEOUT_MS (LOG_BUDGET_MS + 3000)
#define NODE_TIMEOUT_MS   (LOG_BUDGET_MS + 6000)
/* Clocks apart by more are told, since rows stand by the time their node gave them. */
#define SKEW_MS 5000

/* Which nodes are asked beside this one, or instead of it. */
struct scope {
    bool is_here, is_elsewhere;
    struct member node; /* that one alone; without id: all others */
};
struct searching {
    /* One for each thread, with arguments of its own. */
    struct control_call *call, of_milter, of_others;
    const struct scope *scope;
    struct log_rows rows;
};

/* The last that a node does is to look at its clock. */
static void note_skew(json_t *end)
{
    const json_t *now = json_object_get(end, "now");
    const char *program = json_string_value(json_object_get(end, "program"));
    int64_t skew = json_is_integer(now) ? json_integer_value(now) - clock_now_ms() : 0;

    if (program != NULL && strcmp(program, "policyd") == 0 &&
        (skew > SKEW_MS || skew < -SKEW_MS))
        json_object_set_new(end, "skew_ms", json_integer((json_int_t)skew));
}

/* Copies: whoever hands a row over still holds it, and jansson's counts are not for two threads. */
static void add_row(void *ctx, json_t *row)
{
    log_rows_add(ctx, json_deep_copy(row));
}

static void add_remote_row(void *ctx, json_t *row)
{
    json_t *end = json_object_get(row, "log");

    if (json_is_object(end))
        note_skew(end);
    log_rows_add(ctx, json_deep_copy(row));
}

static void *search_milter(void *ctx)
{
    struct searching *s = ctx;
    const struct control_sink sink = {add_row, NULL, &s->rows};
    struct err err = {""};

    if (milter_link_collect("log", &s->of_milter, &sink, MILTER_TIMEOUT_MS, &err) ==
        EXIT_UNREACHABLE)
        log_rows_trouble(&s->rows, control_shared.settings->node_name, "milter", err.text);
    return NULL;
}

static void search_own(struct searching *s)
{
    const char *node = control_shared.settings->node_name;
    const struct log_source own = {control_shared.decisions, "policyd", node};
    struct err err = {""};

    if (decision_log_add(&own, s->call->args, &s->rows, &err) < 0)
        log_rows_trouble(&s->rows, node, "policyd", err.text);
}

static void add_absent(struct log_rows *rows, json_t *absent)
{
    json_t *node;
    size_t i;

    json_array_foreach(absent, i, node) log_rows_add(rows, json_pack("{s:O}", "absent", node));
}

static void *search_elsewhere(void *ctx)
{
    struct searching *s = ctx;
    const struct control_sink sink = {add_remote_row, NULL, &s->rows};
    const struct remote_question question = {.node_id = s->scope->node.id,
                                             .command = "log",
                                             .args = s->of_others.args,
                                             .role = ROLE_READ,
                                             .user = s->of_others.user,
                                             .sink = &sink,
                                             .timeout_ms = NODE_TIMEOUT_MS};
    json_t *absent = json_array();
    struct err err = {""};

    if (*s->scope->node.id == '\0')
        request_ask_all(&question, absent);
    else if (request_ask(&question, &err) == EXIT_UNREACHABLE)
        json_array_append_new(absent, json_pack("{s:o,s:o}", "node",
                                                control_text(span_of(s->scope->node.name)),
                                                "why", control_text(span_of(err.text))));
    add_absent(&s->rows, absent);
    json_decref(absent);
    return NULL;
}

/* False: no thread can be had, it is done already. */
static bool start(pthread_t *thread, void *(*run)(void *ctx), struct searching *s)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        run(s);
    return failed == 0;
}

/* All at once: each may take as long as it is allowed. */
static void search(struct searching *s)
{
    pthread_t elsewhere, milter;

    s->of_milter = s->of_others = *s->call;
    s->of_milter.args = json_deep_copy(s->call->args);
    s->of_others.args = json_deep_copy(s->call->args);
    bool waits_elsewhere = s->scope->is_elsewhere && start(&elsewhere, search_elsewhere, s);
    bool waits_milter = s->scope->is_here && start(&milter, search_milter, s);

    if (s->scope->is_here)
        search_own(s);
    if (waits_milter)
        pthread_join(milter, NULL);
    if (waits_elsewhere)
        pthread_join(elsewhere, NULL);
    json_decref(s->of_milter.args);
    json_decref(s->of_others.args);
}

static int choose_node(struct scope *scope, struct span node, const struct identity *self,
                       struct err *err)
{
    struct member member;

    if (span_is(node, control_shared.settings->node_name))
        return 0;
    if (self == NULL)
        return err_set(err, "this node, %s, is in no cluster: there is no other to be asked",
                       control_shared.settings->node_name);
    if (!members_by_name(node, &member, err))
        return -1;
    if (strcmp(member.id, self->id) == 0)
        return 0;
    *scope = (struct scope){.is_elsewhere = true, .node = member};
    return 0;
}

static int choose(struct scope *scope, const struct control_call *call, struct err *err)
{
    struct span node = control_argument(call, "node");
    struct identity self;
    bool is_member = identity_get(&self);

    *scope = (struct scope){.is_here = true};
    if (control_flag(call, "here"))
        return 0;
    if (node.len > 0)
        return choose_node(scope, node, is_member ? &self : NULL, err);
    scope->is_elsewhere = is_member;
    return 0;
}

enum control_exit control_log(struct control_call *call, struct err *err)
{
    struct arena *arena = arena_new();
    struct decisions_query query;
    struct scope scope;
    struct searching searching = {.call = call, .scope = &scope};
    enum control_exit code = EXIT_INVALID;

    if (decision_log_query(call->args, arena, &query, err) == 0 &&
        choose(&scope, call, err) == 0) {
        log_rows_begin(&searching.rows, query.limit);
        search(&searching);
        code = log_rows_send(&searching.rows, call);
    }
    arena_free(&arena);
    return code;
}
