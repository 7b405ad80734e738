/* control_explain.c - explain: why a message was treated so. Both daemons are asked, then the node that a code names, or all that may know a queue id. */
#include "control/decision_row.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/requests.h"
#include "policyd/control.h"
#include "policyd/milter_link.h"
#include "store/cluster_key.h"
#include "store/decision_code.h"

#define MILTER_TIMEOUT_MS 3000
#define NODE_TIMEOUT_MS   10000
#define NAMES_MAX         600 /* bytes of the nodes that are named in a text */

static enum control_exit explain_here(struct control_call *call, struct err *err)
{
    struct err own = {""}, other = {""};
    enum control_exit found = EXIT_INVALID, of_milter;

    if (control_shared.decisions != NULL)
        found = (enum control_exit)decision_explain(control_shared.decisions, "policyd",
                                                    control_argument(call, "what"), call, &own);
    of_milter = milter_link_ask("explain", call, MILTER_TIMEOUT_MS, &other);
    if (found == EXIT_OK || of_milter == EXIT_OK)
        return EXIT_OK;
    if (of_milter == EXIT_UNREACHABLE)
        err_set(err, "%s%s%s", own.text, own.text[0] != '\0' ? "; " : "", other.text);
    else
        err_set(err, "%s", other.text[0] == '\0' ? own.text : other.text);
    return EXIT_INVALID;
}

struct asking {
    struct control_call *call;
    const char *node; /* NULL: the rows say it */
    size_t rows;
};

static void pass_row(void *ctx, json_t *row)
{
    struct asking *asking = ctx;

    asking->rows++;
    if (asking->node != NULL)
        json_object_set_new(row, "node", control_text(span_of(asking->node)));
    control_row(asking->call, json_incref(row));
}

static struct remote_question question_of(struct control_call *call,
                                          const struct control_sink *sink)
{
    return (struct remote_question){.command = "explain",
                                    .args = call->args,
                                    .role = ROLE_READ,
                                    .user = call->user,
                                    .sink = sink,
                                    .timeout_ms = NODE_TIMEOUT_MS};
}

static enum control_exit ask_member(struct control_call *call, const struct member *member,
                                    struct err *err)
{
    struct asking asking = {call, member->name, 0};
    const struct control_sink sink = {pass_row, NULL, &asking};
    struct remote_question question = question_of(call, &sink);
    enum control_exit code;

    question.node_id = member->id;
    code = request_ask(&question, err);
    if (code != EXIT_OK)
        err_prefix(err, "the code was given by node %s", member->name);
    return code;
}

/* The node whose number the code has, under the cluster's key or the one before. Codes that are none have numbers, too: mostly nobody's, and then
 * *is_known_r is false. */
static enum control_exit explain_code(struct control_call *call, uint64_t code,
                                      bool *is_known_r, struct err *err)
{
    uint16_t numbers[CLUSTER_KEY_GENERATIONS];
    struct cluster_key key;
    struct member member;
    enum control_exit result = EXIT_INVALID;
    size_t count = cluster_key_get(&key) ? cluster_key_code_nodes(&key, code, numbers) : 0;

    for (size_t i = 0; i < count && result != EXIT_OK; i++) {
        if (numbers[i] == key.node || !members_by_number(numbers[i], &member) ||
            member.is_forgotten)
            continue;
        *is_known_r = true;
        result = ask_member(call, &member, err);
    }
    return result;
}

static void name_absent(json_t *absent, struct str *out)
{
    json_t *node;
    size_t i;

    json_array_foreach(absent, i, node) if (out->len < NAMES_MAX) str_printf(
        out, "%s%s (%s)", i > 0 ? ", " : "", json_string_value(json_object_get(node, "node")),
        json_string_value(json_object_get(node, "why")));
}

/* Queue ids, and codes that nodes gave before they were of this cluster. */
static enum control_exit explain_anywhere(struct control_call *call, bool is_code,
                                          struct err *err)
{
    struct asking asking = {call, NULL, 0};
    const struct control_sink sink = {pass_row, NULL, &asking};
    const struct remote_question question = question_of(call, &sink);
    json_t *absent = json_array();
    struct str names = STR_EMPTY;
    enum control_exit result = EXIT_OK;

    request_ask_all(&question, absent);
    name_absent(absent, &names);
    if (asking.rows == 0) {
        result = names.len > 0 ? EXIT_PARTIAL : EXIT_INVALID;
        err_set(err, "%s%s%s",
                is_code ? "no node of this cluster gave the code; it is another cluster's, or "
                          "misspelt"
                        : "no decision of any node has this queue id",
                names.len > 0 ? "; not asked: " : "", str_cstr(&names));
    }
    json_decref(absent);
    str_clear(&names);
    return result;
}

enum control_exit control_explain(struct control_call *call, struct err *err)
{
    enum control_exit result = explain_here(call, err);
    bool is_code, is_known = false;
    struct identity self;
    uint64_t code;

    if (result == EXIT_OK || control_flag(call, "here") || !identity_get(&self))
        return result;
    is_code = decision_code_parse(control_argument(call, "what"), &code);
    if (is_code)
        result = explain_code(call, code, &is_known, err);
    return is_known ? result : explain_anywhere(call, is_code, err);
}
