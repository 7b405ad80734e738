/* heartbeat_content.c - gathers what a heartbeat says. */
#include "policyd/cluster/heartbeat_content.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/daemon.h"
#include "control/protocol.h"
#include "engine/drain.h"
#include "engine/snapshot.h"
#include "policyd/cluster/canary.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/heartbeat.h"
#include "policyd/cluster/ledger.h"
#include "policyd/counters.h"
#include "policyd/health.h"
#include "policyd/milter_link.h"

static struct {
    pthread_mutex_t lock;
    bool has_milter;
    struct rates_counts milter; /* as it counts since it started */
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static json_t *short_text(const char *text)
{
    struct span span = span_of(text);

    if (span.len > HEARTBEAT_MAX_TEXT)
        span.len = HEARTBEAT_MAX_TEXT;
    return control_text(span);
}

static uint64_t count_of(const json_t *row, const char *name)
{
    json_int_t count = json_integer_value(json_object_get(row, name));

    return count > 0 ? (uint64_t)count : 0;
}

static struct rates_counts milter_counts(const json_t *row)
{
    return (struct rates_counts){
        .decisions = count_of(row, "messages") + count_of(row, "recipients_rejected") +
                     count_of(row, "recipients_deferred"),
        .rejected = count_of(row, "rejected") + count_of(row, "recipients_rejected"),
        .deferred = count_of(row, "deferred") + count_of(row, "recipients_deferred"),
        .errors = count_of(row, "inspection_failures")};
}

/* False: the milter is not there; what it said last all the same. */
static bool get_milter(struct rates_counts *counts_r)
{
    bool is_there;

    pthread_mutex_lock(&known.lock);
    *counts_r = known.milter;
    is_there = known.has_milter;
    pthread_mutex_unlock(&known.lock);
    return is_there;
}

/* Of policyd's own answers. */
static struct rates_counts own_counts(void)
{
    struct rates_counts counts = {.rejected = counters_get(COUNTER_REJECTED),
                                  .deferred = counters_get(COUNTER_DEFERRED)};

    counts.decisions = counts.rejected + counts.deferred + counters_get(COUNTER_PASSED) +
                       counters_get(COUNTER_PERMITTED) + counters_get(COUNTER_VERIFIED);
    return counts;
}

/* Both at one moment: numbers of policyd that are newer than the milter's look like other mail, with more refusals. One after another, too, since a
 * number that goes down means a new start to the rates. */
void heartbeat_ask_milter(void)
{
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    struct rates_counts own, milter;
    json_t *row;

    pthread_mutex_lock(&turn);
    row = milter_link_status();
    own = own_counts();
    milter = milter_counts(row);
    pthread_mutex_lock(&known.lock);
    known.has_milter = row != NULL;
    if (row != NULL)
        known.milter = milter;
    pthread_mutex_unlock(&known.lock);
    canary_feed(0, &own);
    if (row != NULL)
        canary_feed(1, &milter);
    pthread_mutex_unlock(&turn);
    json_decref(row);
}

static void add_counts(json_t *content)
{
    struct rates_counts own = own_counts(), milter;
    bool has_milter = get_milter(&milter);
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {{"decisions", own.decisions + milter.decisions},
                  {"rejected", own.rejected + milter.rejected},
                  {"deferred", own.deferred + milter.deferred},
                  {"errors", own.errors + milter.errors}};
    double load[1] = {0};

    json_object_set_new(content, "has_milter", json_boolean(has_milter));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(content, counts[i].name, json_integer((json_int_t)counts[i].value));
    (void)getloadavg(load, 1);
    json_object_set_new(content, "load", json_real(load[0]));
    json_object_set_new(content, "requests_per_second",
                        json_real(counters_requests_per_second()));
}

static int by_subject(const void *a, const void *b)
{
    const struct ledger_status *x = a, *y = b;

    return strcmp(x->subject, y->subject);
}

static size_t all_sorted(struct ledger_status **all_r)
{
    size_t count = ledger_all(all_r);

    if (count > 0)
        qsort(*all_r, count, sizeof **all_r, by_subject);
    return count;
}

static void digest_of(struct str *out, const struct ledger_status *all, size_t count)
{
    struct str text = STR_EMPTY;
    uint8_t digest[HASH_SHA256_SIZE];

    for (size_t i = 0; i < count; i++)
        str_printf(&text, "%s %llu %s\n", all[i].subject, (unsigned long long)all[i].applied,
                   all[i].hash);
    hash_sha256(str_span(&text), digest);
    hash_hex(out, digest, sizeof digest);
    str_clear(&text);
}

void heartbeat_digest(struct str *out)
{
    struct ledger_status *all = NULL;
    size_t count = all_sorted(&all);

    digest_of(out, all, count);
    free(all);
}

static void add_trouble(json_t *troubled, const struct ledger_status *status)
{
    json_t *row = json_object();

    json_object_set_new(row, "subject", control_text(span_of(status->subject)));
    json_object_set_new(row, "state",
                        json_string(names_name(ledger_state_names, (int)status->state)));
    json_object_set_new(row, "applied", json_integer((json_int_t)status->applied));
    json_object_set_new(row, "head", json_integer((json_int_t)status->head));
    json_object_set_new(row, "why", short_text(status->why));
    json_array_append_new(troubled, row);
}

static void add_rules(json_t *content, const struct ledger_status *status)
{
    json_t *rules = json_object();

    json_object_set_new(rules, "number", json_integer((json_int_t)status->applied));
    json_object_set_new(rules, "hash", json_string(status->hash));
    json_object_set_new(rules, "state",
                        json_string(names_name(ledger_state_names, (int)status->state)));
    json_object_set_new(rules, "head", json_integer((json_int_t)status->head));
    json_object_set_new(rules, "why", short_text(status->why));
    json_object_set_new(content, "rules", rules);
}

static void add_heads(json_t *content)
{
    struct ledger_status *all = NULL;
    json_t *heads = json_object(), *troubled = json_array();
    struct str digest = STR_EMPTY;
    size_t count = all_sorted(&all);

    for (size_t i = 0; i < count; i++) {
        bool is_rules = strcmp(all[i].subject, "rules") == 0;

        if (is_rules)
            add_rules(content, &all[i]);
        else if (json_object_size(heads) < HEARTBEAT_MAX_HEADS)
            json_object_set_new(heads, all[i].subject,
                                json_integer((json_int_t)all[i].applied));
        if (all[i].state != LEDGER_IN_ORDER && json_array_size(troubled) < HEARTBEAT_TROUBLED)
            add_trouble(troubled, &all[i]);
    }
    digest_of(&digest, all, count);
    json_object_set_new(content, "heads", heads);
    json_object_set_new(content, "troubled", troubled);
    json_object_set_new(content, "digest", json_string(str_cstr(&digest)));
    str_clear(&digest);
    free(all);
}

static void add_problems(json_t *content)
{
    json_t *problems = json_object();
    char text[HEALTH_TEXT];
    const char *name;

    for (size_t i = 0; health_at(i, &name, text); i++)
        if (text[0] != '\0')
            json_object_set_new(problems, name, short_text(text));
    json_object_set_new(content, "problems", problems);
}

/* Of one machine without a cluster: the revision that is in force. */
static void add_local_rules(json_t *content)
{
    const struct snapshot *snapshot = snapshot_pin();
    struct ledger_status status = {.state = LEDGER_IN_ORDER};

    if (snapshot != NULL)
        status.applied = status.head = snapshot->revision;
    snapshot_unpin(&snapshot);
    add_rules(content, &status);
}

static void add_machine(json_t *content)
{
    char host[256] = "", time[24];

    (void)gethostname(host, sizeof host - 1);
    json_object_set_new(content, "name", control_text(span_of(cluster_settings()->node_name)));
    json_object_set_new(content, "authserv_id",
                        control_text(span_of(cluster_settings()->authserv_id)));
    json_object_set_new(content, "version", json_string(daemon_version()));
    json_object_set_new(content, "language", json_integer(RULES_LANGUAGE));
    json_object_set_new(content, "host", control_text(span_of(host)));
    json_object_set_new(content, "started", json_string(clock_iso(daemon_started_ms(), time)));
}

json_t *heartbeat_content(const struct identity *identity)
{
    json_t *content = json_object();

    add_machine(content);
    add_counts(content);
    if (identity != NULL)
        add_heads(content);
    else
        add_local_rules(content);
    add_problems(content);
    json_object_set_new(content, "has_signing_key",
                        json_boolean(identity != NULL && identity->has_signing_key));
    json_object_set_new(content, "is_drained", json_boolean(drain_is()));
    canary_tell(content);
    return content;
}
