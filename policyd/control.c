/* control.c - the table of policyd's control commands, and what their files share. */
#include "policyd/control.h"
#include "policyd/milter_link.h"
#include "policyd/publish.h"

static const struct control_command commands[] = {
    {"status", ROLE_READ, control_status},
    {"explain", ROLE_READ, control_explain},
    {"log", ROLE_READ, control_log},
    {"report", ROLE_READ, control_report},
    {"policy.test", ROLE_READ, control_policy_test},
    {"rules.show", ROLE_READ, control_rules_show},
    {"rules.history", ROLE_READ, control_rules_history},
    {"rules.apply", ROLE_ADMIN, control_rules_apply},
    {"rules.rollback", ROLE_ADMIN, control_rules_rollback},
    {"list.show", ROLE_READ, control_list_show},
    {"list.export", ROLE_READ, control_list_export},
    {"list.add", ROLE_OPERATE, control_list_add},
    {"list.remove", ROLE_OPERATE, control_list_remove},
    {"list.import", ROLE_OPERATE, control_list_import},
    {"domain.list", ROLE_READ, control_domain_list},
    {"domain.add", ROLE_ADMIN, control_domain_add},
    {"domain.remove", ROLE_ADMIN, control_domain_remove},
    {"node.list", ROLE_READ, control_node_list},
    {"node.forget", ROLE_ADMIN, control_node_forget},
    {"drain", ROLE_ADMIN, control_drain},
    {"resume", ROLE_ADMIN, control_resume},
    {"cluster.init", ROLE_ADMIN, control_cluster_init},
    {"cluster.token", ROLE_ADMIN, control_cluster_token},
    {"cluster.join", ROLE_ADMIN, control_cluster_join},
    {"cluster.leave", ROLE_ADMIN, control_cluster_leave},
    {"cluster.rotate-key", ROLE_ADMIN, control_cluster_rotate},
    {"cluster.reseed", ROLE_ADMIN, control_cluster_reseed},
    {"cluster.status", ROLE_READ, control_cluster_status},
    {"rules.wait", ROLE_READ, control_rules_wait},
    {"rules.canary", ROLE_READ, control_canary_show},
    {"rules.canary-begin", ROLE_ADMIN, control_canary_begin},
    {"rules.canary-stop", ROLE_ADMIN, control_canary_stop},
    {"quarantine.list", ROLE_READ, control_quarantine_list},
    {"quarantine.show", ROLE_OPERATE, control_quarantine_show},
    {"quarantine.release", ROLE_OPERATE, control_quarantine_release},
    {"quarantine.delete", ROLE_OPERATE, control_quarantine_delete},
    {"quarantine.copy", ROLE_ADMIN, control_quarantine_copy},
    {"quarantine.uncopy", ROLE_ADMIN, control_quarantine_uncopy},
    {NULL, ROLE_ADMIN, NULL},
};

struct control_shared control_shared;

struct control_server *policyd_control_start(const struct control_shared *shared,
                                             struct err *err)
{
    static const struct control_service service = {"policyd", commands, milter_link_forward};

    control_shared = *shared;
    return control_server_start(shared->settings->control_dir, &service, err);
}

struct span control_argument(const struct control_call *call, const char *name)
{
    json_t *value = json_object_get(call->args, name);

    if (!json_is_string(value))
        return SPAN("");
    return span_from(json_string_value(value), json_string_length(value));
}

bool control_flag(const struct control_call *call, const char *name)
{
    return json_is_true(json_object_get(call->args, name));
}

uint64_t control_number(const struct control_call *call, const char *name, uint64_t missing)
{
    json_t *value = json_object_get(call->args, name);

    return json_is_integer(value) && json_integer_value(value) >= 0
               ? (uint64_t)json_integer_value(value)
               : missing;
}

struct policy_db *control_db(struct err *err)
{
    if (control_shared.db == NULL)
        err_set(err, "policyd runs without its database (see `milter-ctl status`); nothing can "
                     "be shown or changed");
    return control_shared.db;
}

int control_collect(struct control_call *call, size_t limit, struct str *out, struct err *err)
{
    struct span piece;
    int state;

    while ((state = control_body(call, &piece, err)) == 1) {
        if (piece.len > limit - out->len)
            return err_set(err, "more than %zu bytes", limit);
        str_add(out, piece);
    }
    return state;
}

enum control_exit control_publish(struct err *err)
{
    struct err why;

    if (publish_now(&why) >= 0)
        return EXIT_OK;
    err_set(err, "stored, but not in force: %s", why.text);
    return EXIT_PARTIAL;
}
