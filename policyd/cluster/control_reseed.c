/* control_reseed.c - cluster.reseed: writes to Redis again what it lost, or puts what is in force here on top of a fork. */
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/ledger.h"
#include "policyd/control.h"

static enum control_exit supersede(const struct control_call *call, size_t *count,
                                   struct err *err)
{
    if (ledger_supersede(call->user, count, err) < 0)
        return EXIT_INVALID;
    err_set(err, "%zu subjects were signed anew, as they are in force here", *count);
    return EXIT_OK;
}

static enum control_exit reseed(size_t *count, struct err *err)
{
    if (ledger_reseed(count, err) < 0)
        return EXIT_INVALID;
    if (*count > 0)
        err_set(err, "%zu entries were written to Redis again", *count);
    else
        err_set(err, "Redis lacks nothing that this node has");
    return EXIT_OK;
}

enum control_exit control_cluster_reseed(struct control_call *call, struct err *err)
{
    size_t count = 0;
    enum control_exit code = EXIT_INVALID;

    if (!cluster_is_member())
        err_set(err, "this node is no member of a cluster");
    else if (!redis_is_up(cluster_redis_admin())) {
        err_set(err, "Redis is away (see `milter-ctl status`)");
        code = EXIT_UNREACHABLE;
    } else {
        code = control_flag(call, "supersede") ? supersede(call, &count, err)
                                               : reseed(&count, err);
        control_row(call, json_pack("{s:I}", "written", (json_int_t)count));
    }
    return code;
}
