/* The functions behind the sentences, one file a noun. Each returns enum control_exit. */
#ifndef CTL_NOUNS_H
#define CTL_NOUNS_H
#include "milter/ctl/arguments.h"

#define NOUN(name) int name(struct ctl *ctl, const struct arguments *arguments)
NOUN(status_run);
NOUN(doctor_run);
NOUN(config_run);
NOUN(facts_run);
NOUN(explain_run);
NOUN(log_run);
NOUN(rules_check_run);
NOUN(rules_test_run);
NOUN(rules_diff_run);
NOUN(rules_apply_run);
NOUN(rules_show_run);
NOUN(rules_history_run);
NOUN(rules_rollback_run);
NOUN(list_show_run);
NOUN(list_add_run);
NOUN(list_remove_run);
NOUN(list_import_run);
NOUN(list_export_run);
NOUN(domain_list_run);
NOUN(domain_add_run);
NOUN(domain_remove_run);
NOUN(domain_sign_run);
NOUN(domain_unsign_run);
NOUN(domain_keys_run);
NOUN(message_test_run);
NOUN(policy_test_run);
NOUN(quarantine_list_run);
NOUN(quarantine_show_run);
NOUN(quarantine_release_run);
NOUN(quarantine_delete_run);
NOUN(quarantine_reindex_run);
NOUN(node_list_run);
NOUN(node_drain_run);
NOUN(node_resume_run);
NOUN(node_forget_run);
NOUN(cluster_init_run);
NOUN(cluster_token_run);
NOUN(cluster_join_run);
NOUN(cluster_leave_run);
NOUN(cluster_reseed_run);
NOUN(cluster_rotate_run);
NOUN(cluster_status_run);
NOUN(rules_canary_run);
NOUN(report_run);
NOUN(report_dmarc_run);
NOUN(help_run);
#endif
