/* open.c - brings up stores, the published snapshot and the threads that follow it. */
#include "base/file.h"
#include "base/xalloc.h"
#include "checks/counting.h"
#include "checks/dnsbl.h"
#include "checks/geoip.h"
#include "dns/dns.h"
#include "engine/arrival.h"
#include "engine/origin.h"
#include "engine/reload.h"
#include "engine/staging.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/counters.h"
#include "policyd/first_start.h"
#include "policyd/health.h"
#include "policyd/images.h"
#include "policyd/milter_link.h"
#include "policyd/next_hops.h"
#include "policyd/notices.h"
#include "policyd/open.h"
#include "policyd/publish.h"
#include "policyd/question.h"
#include "policyd/cluster/statistics.h"
#include "policyd/cluster/statistics_notice.h"
#include "store/cluster_key.h"

static struct node_key key; /* borrowed by the decisions for as long as they are open */

static const struct check *const checks[] = {&counters_check, &greylist_check, &dnsbl_check};

/* The cluster's, and again when it is another. */
static void use_key(void *ctx, const struct cluster_key *cluster)
{
    struct decision_keys codes;

    cluster_key_decisions(cluster, &key, &codes);
    decisions_set_keys(ctx, &codes);
    explicit_bzero(&codes, sizeof codes);
}

static struct decisions *open_decisions(const struct settings *settings)
{
    const struct decisions_options options = {.state_dir = settings->state_dir,
                                              .program = DECISION_POLICYD,
                                              .key = &key,
                                              .days = settings->decisions_days,
                                              .max_bytes = settings->decisions_max_bytes};
    struct decisions *decisions = NULL;
    struct err err;

    if (node_key_load(settings->state_dir, &key, &err) == 0)
        decisions = decisions_open(&options, &err);
    if (decisions != NULL && cluster_key_follow(settings, use_key, decisions, &err) < 0)
        decisions_close(&decisions);
    health_set("decisions", decisions == NULL, LOG_LEVEL_ERROR,
               "%s; decisions are not recorded", decisions == NULL ? err.text : "");
    return decisions;
}

static struct policy_db *open_database(const struct settings *settings)
{
    char *path = file_path(settings->state_dir, "policyd.db");
    struct err err;
    struct policy_db *db = policy_db_open(path, &err);

    health_set("database", db == NULL, LOG_LEVEL_ERROR,
               "%s; what is published stays in force, and nothing can be changed",
               db == NULL ? err.text : "");
    xfree(&path);
    return db;
}

/* What the database says, published: at the very first start from files. A failure leaves in force what was published before. */
static void publish_at_start(const struct settings *settings, struct policy_db *db)
{
    struct err err;

    if (first_start(settings, db, &err) < 0)
        log_error("%s", err.text);
    else
        publish_now(&err); /* a failure is logged there */
}

static int start_publishing(const struct settings *settings, struct policy_db *db,
                            struct err *err)
{
    if (publish_begin(settings, db, err) != 0 || next_hops_begin(settings, db, err) != 0 ||
        images_begin(settings, db, err) != 0)
        return -1;
    publish_at_start(settings, db);
    return next_hops_start(err);
}

static void start_statistics(struct policy_db *db)
{
    struct err err;

    if (statistics_begin(db, &err) != 0)
        log_error("%s; nothing is counted", err.text);
    else
        questions_on_decided(statistics_request);
}

/* Without it rules that count find that unknown. */
static void start_counters(const struct settings *settings, struct policy_db *db)
{
    struct err err;
    int state;

    err_reset(&err);
    state = counters_begin(settings, db, &err);
    health_set("counters", state != 0, LOG_LEVEL_ERROR, "%s; nothing is counted", err.text);
}

/* The last of all: whoever takes notices has said so by now. */
static void start_notices(const struct settings *settings)
{
    struct err err;
    int state;

    err_reset(&err);
    state = notices_begin(settings->control_dir, &err);
    health_set("notices", state != 0, LOG_LEVEL_ERROR,
               "%s; no statistics and charges of messages come from the milter", err.text);
}

int open_all(const struct settings *settings, struct control_shared *shared_r, struct err *err)
{
    if (arrival_init(settings->time_zone, err) != 0)
        return -1;
    staging_init(settings->staging_listener);
    origin_init(settings);
    dnsbl_begin(settings);
    geoip_begin(settings);
    checks_register(checks, sizeof checks / sizeof *checks);
    milter_link_begin(settings->control_dir);
    *shared_r = (struct control_shared){.settings = settings,
                                        .db = open_database(settings),
                                        .decisions = open_decisions(settings)};
    if (dns_begin(settings, err) != 0 || reload_start(settings, err) != 0)
        return -1;
    if (shared_r->db != NULL && (start_publishing(settings, shared_r->db, err) != 0 ||
                                 cluster_begin(settings, shared_r->db, err) != 0))
        return -1;
    start_statistics(shared_r->db);
    start_counters(settings, shared_r->db);
    start_notices(settings);
    return 0;
}

/* The database stays open: the thread that resolves may be in it, and what was committed is durable. */
void close_all(struct control_shared *shared)
{
    notices_end();
    counters_end();
    statistics_end();
    cluster_end();
    if (shared->db != NULL) {
        next_hops_end();
        images_end();
    }
    dns_end();
    reload_stop();
    geoip_end();
    cluster_key_unfollow();
    decisions_close(&shared->decisions);
}
