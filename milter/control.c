/* control.c - the table of the milter's control commands, and the small ones. */
#include "base/daemon.h"
#include "checks/content.h"
#include "checks/rounds.h"
#include "control/decision_log.h"
#include "control/decision_row.h"
#include "control/dns_status.h"
#include "control/lists_status.h"
#include "control/notice.h"
#include "engine/drain.h"
#include "engine/reload.h"
#include "engine/snapshot.h"
#include "milter/control.h"
#include "store/quarantine.h"

static struct gate *gate;

static enum control_exit control_status(struct control_call *call, struct err *err);
static enum control_exit control_explain(struct control_call *call, struct err *err);
static enum control_exit control_log(struct control_call *call, struct err *err);
static enum control_exit control_reload(struct control_call *call, struct err *err);

static const struct control_command commands[] = {
    {"status", ROLE_READ, control_status},
    {"doctor", ROLE_READ, control_doctor},
    {"explain", ROLE_READ, control_explain},
    {"log", ROLE_READ, control_log},
    {"message.test", ROLE_READ, control_message_test},
    {"quarantine.list", ROLE_READ, control_quarantine_list},
    {"quarantine.show", ROLE_OPERATE, control_quarantine_show},
    {"quarantine.release", ROLE_OPERATE, control_quarantine_release},
    {"quarantine.delete", ROLE_OPERATE, control_quarantine_delete},
    {"quarantine.reindex", ROLE_OPERATE, control_quarantine_reindex},
    {"quarantine.store", ROLE_ADMIN, control_quarantine_store},
    {"quarantine.drop", ROLE_ADMIN, control_quarantine_drop},
    {"signing.add", ROLE_ADMIN, control_signing_add},
    {"signing.list", ROLE_READ, control_signing_list},
    {"signing.remove", ROLE_ADMIN, control_signing_remove},
    {"dmarc.report", ROLE_OPERATE, control_dmarc_report},
    {"snapshot.reload", ROLE_OPERATE, control_reload},
    {NULL, ROLE_ADMIN, NULL},
};

struct control_server *milter_control_start(struct gate *of_process, struct err *err)
{
    static const struct control_service service = {"milter", commands, NULL};

    gate = of_process;
    return control_server_start(gate->settings->control_dir, &service, err);
}

struct gate *milter_control_gate(void)
{
    return gate;
}

struct span control_argument(const struct control_call *call, const char *name)
{
    json_t *value = json_object_get(call->args, name);

    if (!json_is_string(value))
        return span_of("");
    return span_from(json_string_value(value), json_string_length(value));
}

static void set_count(json_t *row, const char *name, uint64_t count)
{
    json_object_set_new(row, name, json_integer((json_int_t)count));
}

static void set_counts(json_t *row)
{
    set_count(row, "messages", atomic_load(&gate->messages));
    set_count(row, "rejected", atomic_load(&gate->rejected));
    set_count(row, "deferred", atomic_load(&gate->deferred));
    set_count(row, "recipients_rejected", atomic_load(&gate->recipients_rejected));
    set_count(row, "recipients_deferred", atomic_load(&gate->recipients_deferred));
    set_count(row, "quarantined", atomic_load(&gate->quarantined));
    set_count(row, "loops", atomic_load(&gate->loops));
    set_count(row, "invalid_marks", atomic_load(&gate->bad_marks));
    set_count(row, "transactions", atomic_load(&gate->transactions));
    set_count(row, "notices_dropped", notice_dropped());
}

/* What does not work, in words. */
static void set_problems(json_t *row, const struct quarantine_usage *usage, bool decisions_fail)
{
    json_t *problems = json_object();

    if (atomic_load(&gate->is_quarantine_failing))
        json_object_set_new(
            problems, "quarantine",
            json_string("the last message to be kept could not be kept; the log "
                        "says why, see also quarantine_max_percent"));

    if (usage->is_index_failing)
        json_object_set_new(problems, "quarantine index",
                            json_string("it may lack entries, the files are good; "
                                        "`milter-ctl quarantine reindex` makes it anew"));
    if (decisions_fail)
        json_object_set_new(problems, "decisions",
                            json_string("they cannot be recorded; the log says why"));
    json_object_set_new(row, "problems", problems);
}

/* True when none of them fails. */
static bool set_stores(json_t *row)
{
    struct quarantine_usage usage;
    struct decisions_counters counters;

    quarantine_use(gate->quarantine, &usage);
    decisions_count(gate->decisions, &counters);
    set_count(row, "quarantine_entries", usage.entries);
    set_count(row, "quarantine_bytes", usage.bytes);
    set_count(row, "quarantine_limit_bytes", usage.limit_bytes);
    set_count(row, "decisions_written", counters.written);
    set_count(row, "decisions_dropped", counters.dropped);
    json_object_set_new(row, "is_quarantine_index_failing",
                        json_boolean(usage.is_index_failing));
    json_object_set_new(row, "is_decision_store_failing", json_boolean(counters.is_failing));
    set_problems(row, &usage, counters.is_failing);
    return !usage.is_index_failing && !counters.is_failing &&
           !atomic_load(&gate->is_quarantine_failing);
}

static void set_inspector(json_t *row)
{
    struct content_counts counts;

    content_count(&counts);
    set_count(row, "inspected", counts.messages);
    set_count(row, "inspection_failures", counts.failures);
    set_count(row, "inspect_workers", counts.workers);
    set_count(row, "inspect_workers_lost", counts.workers_lost);
    set_count(row, "inspect_queue", counts.queue);
}

static void set_sender_pool(json_t *row)
{
    struct rounds_counts counts;

    rounds_count(&counts);
    set_count(row, "sender_questions", counts.questions);
    set_count(row, "sender_rounds", counts.rounds);
    set_count(row, "sender_failures", counts.failures);
    set_count(row, "sender_workers", counts.workers);
    set_count(row, "sender_workers_lost", counts.workers_lost);
    set_count(row, "sender_queue", counts.queue);
}

static bool set_snapshot(json_t *row)
{
    const struct snapshot *snapshot = snapshot_pin();
    struct str failure = STR_EMPTY;
    bool is_well;

    reload_status(&failure);
    set_count(row, "revision", snapshot != NULL ? snapshot->revision : 0);
    set_count(row, "generation", snapshot != NULL ? snapshot->generation : 0);
    json_object_set_new(row, "reload_error", control_text(str_span(&failure)));
    is_well = snapshot != NULL && failure.len == 0;
    snapshot_unpin(&snapshot);
    str_clear(&failure);
    return is_well;
}

static enum control_exit control_status(struct control_call *call, struct err *err)
{
    json_t *row = json_object();
    bool is_well;

    (void)err;
    json_object_set_new(row, "program", json_string("milter"));
    json_object_set_new(row, "version", json_string(daemon_version()));
    json_object_set_new(row, "node", control_text(span_of(gate->settings->node_name)));
    json_object_set_new(row, "is_draining", json_boolean(atomic_load(&gate->is_draining)));
    json_object_set_new(row, "is_drained", json_boolean(drain_is()));
    is_well = set_snapshot(row);
    set_counts(row);
    set_inspector(row);
    set_sender_pool(row);
    is_well = set_stores(row) && is_well;
    is_well = dns_status_set(row, json_object_get(row, "problems")) && is_well;
    is_well = lists_status_set(row, json_object_get(row, "problems")) && is_well;
    control_row(call, row);
    return is_well ? EXIT_OK : EXIT_DIFFERS;
}

static enum control_exit control_explain(struct control_call *call, struct err *err)
{
    struct span what = control_argument(call, "what");

    if (what.len > 0)
        return decision_explain(gate->decisions, "milter", what, call, err);
    err_set(err, "what: there is none; write a decision code or a queue id");
    return EXIT_INVALID;
}

static enum control_exit control_log(struct control_call *call, struct err *err)
{
    const struct log_source source = {gate->decisions, "milter", gate->settings->node_name};

    return decision_log(&source, call, err);
}

static enum control_exit control_reload(struct control_call *call, struct err *err)
{
    (void)call;
    return reload_now(err) < 0 ? EXIT_DIFFERS : EXIT_OK;
}
