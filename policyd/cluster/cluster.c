/* cluster.c - the cluster's parts in the order they begin, and the links to Redis they share. */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/join.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/members.h"
#include "policyd/cluster/membership.h"
#include "policyd/cluster/quarantine_follow.h"
#include "policyd/cluster/requests.h"
#include "policyd/health.h"
#include "policyd/cluster/statistics_push.h"

static struct {
    const struct settings *settings;
    struct policy_db *db;
    struct redis *node, *admin; /* admin: NULL when it is the node's own */
    struct redis *
        counters; /* always its own: what it gives up after 20 ms must not cost the others their link */
    atomic_int free_percent;
    size_t begun; /* parts */
    bool has_begun;
    bool is_in_trouble; /* what says who this node is cannot be used */
    struct err trouble;
} cluster;

static const struct part {
    const char *name;
    int (*begin)(struct err *err);
    void (*end)(void);
} parts[] = {
    /* Each runs on threads of its own from begin to end, and does nothing while this node is no member. Ended in reverse. */
    {"members", members_begin, members_end},
    {"join", join_begin, join_end},
    {"feed", feed_begin, feed_end},
    {"membership", membership_begin, membership_end},
    {"requests", requests_begin, requests_end},
    {"quarantine", quarantine_follow_begin, quarantine_follow_end},
    {"statistics", statistics_push_begin, statistics_push_end},
    {NULL, NULL, NULL},
};

static struct redis_options options_of(const struct settings *settings)
{
    return (struct redis_options){.health = "redis",
                                  .where = settings->redis,
                                  .user = settings->redis_user,
                                  .password_file = settings->redis_password_file,
                                  .has_tls = settings->redis_tls,
                                  .tls_ca_file = settings->redis_tls_ca_file,
                                  .tls_certificate_file = settings->redis_tls_certificate_file,
                                  .tls_key_file = settings->redis_tls_key_file};
}

static int begin_links(const struct settings *settings, struct err *err)
{
    struct redis_options options = options_of(settings);

    cluster.node = redis_new(&options, err);
    if (cluster.node == NULL)
        return -1;
    options.health = "redis counters";
    if (*settings->redis_counters != '\0')
        options.where = settings->redis_counters;
    cluster.counters = redis_new(&options, err);
    if (cluster.counters == NULL)
        return -1;
    if (*settings->redis_admin_user != '\0') {
        options.health = "redis admin";
        options.where = settings->redis;
        options.user = settings->redis_admin_user;
        options.password_file = settings->redis_admin_password_file;
        cluster.admin = redis_new(&options, err);
        if (cluster.admin == NULL)
            return -1;
    }
    return 0;
}

static void end_links(void)
{
    redis_free(&cluster.admin);
    redis_free(&cluster.counters);
    redis_free(&cluster.node);
}

static void end_parts(void)
{
    while (cluster.begun > 0)
        parts[--cluster.begun].end();
}

static int begin_parts(struct err *err)
{
    for (; parts[cluster.begun].name != NULL; cluster.begun++) {
        if (parts[cluster.begun].begin(err) != 0) {
            err_prefix(err, "%s", parts[cluster.begun].name);
            end_parts();
            return -1;
        }
    }
    return 0;
}

int cluster_begin(const struct settings *settings, struct policy_db *db, struct err *err)
{
    cluster.settings = settings;
    cluster.db = db;
    atomic_store(&cluster.free_percent, 100);
    if (!cluster_is_configured())
        return 0;
    if (identity_load(settings->state_dir, settings->cluster_name, &cluster.trouble) < 0) {
        cluster.is_in_trouble = true;
        health_set("cluster", true, LOG_LEVEL_ERROR,
                   "%s; until then this node works alone (restart postgate-policyd afterwards)",
                   cluster.trouble.text);
        return 0;
    }
    if (begin_links(settings, err) != 0 || begin_parts(err) != 0) {
        end_links();
        return -1;
    }
    cluster.has_begun = true;
    return 0;
}

void cluster_end(void)
{
    if (!cluster.has_begun)
        return;
    cluster.has_begun = false;
    end_parts();
    end_links();
}

bool cluster_is_configured(void)
{
    return cluster.settings != NULL && !cluster.is_in_trouble &&
           *cluster.settings->redis != '\0' && *cluster.settings->cluster_name != '\0';
}

const char *cluster_trouble(void)
{
    return cluster.is_in_trouble ? cluster.trouble.text : NULL;
}

bool cluster_is_member(void)
{
    struct identity identity;
    bool is_member = cluster_is_configured() && identity_get(&identity);

    memset(&identity, 0, sizeof identity); /* it holds secrets */
    return is_member;
}

struct redis *cluster_redis(void)
{
    return cluster.node;
}

struct redis *cluster_redis_admin(void)
{
    return cluster.admin != NULL ? cluster.admin : cluster.node;
}

struct redis *cluster_redis_counters(void)
{
    return cluster.counters;
}

const struct settings *cluster_settings(void)
{
    return cluster.settings;
}

struct policy_db *cluster_db(void)
{
    return cluster.db;
}

void cluster_key(struct str *out, const char *fmt, ...)
{
    char rest[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(rest, sizeof rest, fmt, args);
    va_end(args);
    str_printf(out, "postgate:{%s}:%s", cluster.settings->cluster_name, rest);
}

int cluster_redis_free_percent(void)
{
    return atomic_load(&cluster.free_percent);
}

void cluster_redis_note_free(int percent)
{
    atomic_store(&cluster.free_percent, percent);
}
