/* control_status.c - status: policyd's own part, then the milter's. */
#include "base/clock.h"
#include "base/daemon.h"
#include "control/dns_status.h"
#include "control/lists_status.h"
#include "engine/drain.h"
#include "engine/reload.h"
#include "engine/routes.h"
#include "engine/snapshot.h"
#include "policyd/cluster/control_status.h"
#include "policyd/control.h"
#include "policyd/counters.h"
#include "policyd/health.h"
#include "policyd/loops.h"
#include "policyd/milter_link.h"

#define MILTER_TIMEOUT_MS 3000

static void set_count(json_t *row, const char *name, uint64_t count)
{
    json_object_set_new(row, name, json_integer((json_int_t)count));
}

static bool set_snapshot(json_t *row, json_t *problems)
{
    const struct snapshot *snapshot = snapshot_pin();
    struct str failure = STR_EMPTY;
    bool is_well;

    reload_status(&failure);
    set_count(row, "revision", snapshot != NULL ? snapshot->revision : 0);
    json_object_set_new(row, "is_trial", json_boolean(snapshot != NULL && snapshot->is_trial));
    set_count(row, "generation", snapshot != NULL ? snapshot->generation : 0);
    set_count(row, "domains", snapshot != NULL ? routes_count(snapshot->routes) : 0);
    json_object_set_new(row, "reload_error", control_text(str_span(&failure)));
    if (snapshot == NULL)
        json_object_set_new(problems, "rules",
                            json_string("none are in force and every recipient is deferred; "
                                        "`milter-ctl rules apply FILE` mends it"));
    is_well = snapshot != NULL && failure.len == 0;
    snapshot_unpin(&snapshot);
    str_clear(&failure);
    return is_well;
}

static void set_counters(json_t *row)
{
    for (int i = 0; i < COUNTER__COUNT; i++)
        set_count(row, counters_name((enum counter)i), counters_get((enum counter)i));
    json_object_set_new(row, "requests_per_second", json_real(counters_requests_per_second()));
}

static void set_decisions(json_t *row, json_t *problems)
{
    struct decisions_counters counters;

    if (control_shared.decisions == NULL)
        return;
    decisions_count(control_shared.decisions, &counters);
    set_count(row, "decisions_written", counters.written);
    set_count(row, "decisions_dropped", counters.dropped);
    json_object_set_new(row, "is_decision_store_failing", json_boolean(counters.is_failing));
    if (counters.is_failing)
        json_object_set_new(problems, "decisions",
                            json_string("they cannot be recorded; the log says why"));
}

/* True when nothing is out of order. */
static bool set_health(json_t *problems)
{
    const char *name;
    char text[HEALTH_TEXT];

    for (size_t i = 0; health_at(i, &name, text); i++) {
        if (text[0] != '\0')
            json_object_set_new(problems, name, control_text(span_of(text)));
    }
    return json_object_size(problems) == 0;
}

static void set_loops(json_t *row)
{
    json_t *loops = json_array();
    char text[512], time[24];
    int64_t time_ms;

    for (size_t i = 0; loops_last(i, text, sizeof text, &time_ms); i++) {
        json_t *loop = json_object();
        json_object_set_new(loop, "time", json_string(clock_iso(time_ms, time)));
        json_object_set_new(loop, "text", control_text(span_of(text)));
        json_array_append_new(loops, loop);
    }
    json_object_set_new(row, "last_loops", loops);
}

static void set_drained(json_t *row)
{
    struct str text = STR_EMPTY;

    drain_text(&text);
    json_object_set_new(row, "drained", control_text(str_span(&text)));
    str_clear(&text);
}

enum control_exit control_status(struct control_call *call, struct err *err)
{
    json_t *row = json_object(), *problems = json_object();
    enum control_exit of_milter;
    bool is_well;

    json_object_set_new(row, "program", json_string("policyd"));
    json_object_set_new(row, "version", json_string(daemon_version()));
    json_object_set_new(row, "node", control_text(span_of(control_shared.settings->node_name)));
    json_object_set_new(row, "problems",
                        problems); /* what people look for, before all numbers */
    is_well = set_snapshot(row, problems);
    set_counters(row);
    set_decisions(row, problems);
    set_loops(row);
    milter_link_probe();
    is_well = set_health(problems) && is_well;
    is_well = dns_status_set(row, problems) && is_well;
    is_well = lists_status_set(row, problems) && is_well;
    set_drained(row);
    is_well = cluster_status_set(row) && is_well;
    control_row(call, row);
    of_milter = milter_link_ask("status", call, MILTER_TIMEOUT_MS, err);
    return is_well && of_milter == EXIT_OK ? EXIT_OK : EXIT_DIFFERS;
}
