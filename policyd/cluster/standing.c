/* standing.c - may this node do that now? Each answers with what would be right. */
#include <string.h>
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/identity.h"
#include "policyd/cluster/ledger.h"
#include "policyd/cluster/standing.h"

enum control_exit standing_configured(struct err *err)
{
    if (cluster_is_configured() && cluster_db() != NULL)
        return EXIT_OK;
    if (cluster_trouble() != NULL) {
        err_set(err, "%s", cluster_trouble());
        return EXIT_INVALID;
    }
    err_set(err, cluster_is_configured()
                     ? "policyd runs without its database (see `milter-ctl status`)"
                     : "postgate.cf names no cluster: set cluster_name and redis there, and "
                       "restart postgate-policyd");
    return EXIT_INVALID;
}

enum control_exit standing_no_member(struct err *err)
{
    struct identity own;

    if (!identity_get(&own))
        return EXIT_OK;
    err_set(
        err,
        "this node is in the cluster %s already, as %s; `milter-ctl cluster leave` ends that",
        own.cluster, own.name);
    explicit_bzero(&own, sizeof own);
    return EXIT_INVALID;
}

enum control_exit standing_member(struct err *err)
{
    enum control_exit code = standing_configured(err);

    if (code != EXIT_OK || cluster_is_member())
        return code;
    err_set(
        err,
        "this node is in no cluster; `milter-ctl cluster init` makes one, `milter-ctl cluster "
        "join` enters one");
    return EXIT_INVALID;
}

enum control_exit standing_signing(struct err *err)
{
    struct identity own;
    struct str names = STR_EMPTY;
    bool has_key = identity_get(&own) && own.has_signing_key;

    explicit_bzero(&own, sizeof own);
    if (has_key)
        return EXIT_OK;
    ledger_signers(&names);
    err_set(err, "this node holds no signing key; run it on %s", str_cstr(&names));
    str_clear(&names);
    return EXIT_INVALID;
}

enum control_exit standing_redis(struct err *err)
{
    struct str state = STR_EMPTY;

    if (redis_is_up(cluster_redis()) && redis_is_up(cluster_redis_admin()))
        return EXIT_OK;
    redis_state(redis_is_up(cluster_redis()) ? cluster_redis_admin() : cluster_redis(), &state);
    err_set(err, "Redis is not there: %s", str_cstr(&state));
    str_clear(&state);
    return EXIT_UNREACHABLE;
}

enum control_exit standing_name(struct err *err)
{
    const char *name = cluster_settings()->node_name;

    for (const char *c = name; *c != '\0'; c++)
        if (*c <= 0x20 || *c >= 0x7f || strlen(name) >= NODE_NAME_SIZE) {
            err_set(err,
                    "node_name is %s; in a cluster it must be 1 to %d printable characters "
                    "without blanks",
                    name, NODE_NAME_SIZE - 1);
            return EXIT_INVALID;
        }
    return EXIT_OK;
}

enum control_exit standing_unused(struct err *err)
{
    struct str key = STR_EMPTY;
    redisReply *reply;
    enum control_exit code = EXIT_UNREACHABLE;

    cluster_key(&key, "heads");
    reply = redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, err,
                       "EXISTS %s", str_cstr(&key));
    str_clear(&key);
    if (reply != NULL)
        code =
            reply->type == REDIS_REPLY_INTEGER && reply->integer == 0 ? EXIT_OK : EXIT_INVALID;
    if (code == EXIT_INVALID)
        err_set(err,
                "Redis holds a cluster %s already; join it (`milter-ctl cluster join`) or give "
                "this one another cluster_name",
                cluster_settings()->cluster_name);
    freeReplyObject(reply);
    return code;
}
