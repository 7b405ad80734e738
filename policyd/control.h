/* The control commands of policyd; what it does not know is the milter's and is passed on. One file a noun. */
#ifndef POLICYD_CONTROL_H
#define POLICYD_CONTROL_H
#include "conf/settings.h"
#include "control/server.h"
#include "store/decisions.h"
#include "store/policy_db.h"

/* What the handlers work on; borrowed. Set before the server starts. */
struct control_shared {
    const struct settings *settings;
    struct policy_db *db;
    struct decisions *decisions;
};
extern struct control_shared control_shared;

struct control_server *policyd_control_start(const struct control_shared *shared,
                                             struct err *err);

/* An argument of the call: empty when it is not there or no string. */
struct span control_argument(const struct control_call *call, const char *name);
bool control_flag(const struct control_call *call, const char *name);
uint64_t control_number(const struct control_call *call, const char *name, uint64_t missing);
/* The database, or NULL with a text. */
struct policy_db *control_db(struct err *err);
/* The whole body of the request; -1 when it is longer than limit. */
int control_collect(struct control_call *call, size_t limit, struct str *out, struct err *err);
/* Publishes what a command changed; EXIT_PARTIAL with a text when that failed: it is stored all the same. */
enum control_exit control_publish(struct err *err);

enum control_exit control_rules_show(struct control_call *call, struct err *err);
enum control_exit control_rules_history(struct control_call *call, struct err *err);
enum control_exit control_rules_apply(struct control_call *call, struct err *err);
enum control_exit control_rules_rollback(struct control_call *call, struct err *err);
enum control_exit control_list_show(struct control_call *call, struct err *err);
enum control_exit control_list_export(struct control_call *call, struct err *err);
enum control_exit control_list_add(struct control_call *call, struct err *err);
enum control_exit control_list_remove(struct control_call *call, struct err *err);
enum control_exit control_list_import(struct control_call *call, struct err *err);
enum control_exit control_domain_list(struct control_call *call, struct err *err);
enum control_exit control_domain_add(struct control_call *call, struct err *err);
enum control_exit control_domain_remove(struct control_call *call, struct err *err);
enum control_exit control_policy_test(struct control_call *call, struct err *err);
enum control_exit control_quarantine_list(struct control_call *call, struct err *err);
enum control_exit control_quarantine_show(struct control_call *call, struct err *err);
enum control_exit control_quarantine_release(struct control_call *call, struct err *err);
enum control_exit control_quarantine_delete(struct control_call *call, struct err *err);
enum control_exit control_quarantine_copy(struct control_call *call, struct err *err);
enum control_exit control_quarantine_uncopy(struct control_call *call, struct err *err);
enum control_exit control_status(struct control_call *call, struct err *err);
enum control_exit control_explain(struct control_call *call, struct err *err);
/* policyd/cluster: nodes, their state, rules on trial; on a single machine too. */
enum control_exit control_node_list(struct control_call *call, struct err *err);
enum control_exit control_node_forget(struct control_call *call, struct err *err);
enum control_exit control_drain(struct control_call *call, struct err *err);
enum control_exit control_resume(struct control_call *call, struct err *err);
enum control_exit control_cluster_reseed(struct control_call *call, struct err *err);
enum control_exit control_cluster_status(struct control_call *call, struct err *err);
enum control_exit control_rules_wait(struct control_call *call, struct err *err);
enum control_exit control_canary_show(struct control_call *call, struct err *err);
enum control_exit control_canary_begin(struct control_call *call, struct err *err);
enum control_exit control_canary_stop(struct control_call *call, struct err *err);
enum control_exit control_report(struct control_call *call, struct err *err);
enum control_exit control_log(struct control_call *call, struct err *err);
enum control_exit control_cluster_init(struct control_call *call, struct err *err);
enum control_exit control_cluster_token(struct control_call *call, struct err *err);
enum control_exit control_cluster_join(struct control_call *call, struct err *err);
enum control_exit control_cluster_leave(struct control_call *call, struct err *err);
enum control_exit control_cluster_rotate(struct control_call *call, struct err *err);
#endif
