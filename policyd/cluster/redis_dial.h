/* The way to a connection that can be used: ask the sentinels (if `redis` names them), resolve, connect, log in, make sure that it is the primary and
 * answers. Files (password, certificates) are read anew each time. The link's thread alone; nothing of it blocks. */
#ifndef CLUSTER_REDIS_DIAL_H
#define CLUSTER_REDIS_DIAL_H
#include "policyd/cluster/redis_conn.h"
#include "policyd/cluster/redis_where.h"

#define REDIS_DIAL_MS 2000 /* for each attempt: a sentinel, an address */

struct redis_dial_options {
    struct event_base *base;
    struct redis_where where;
    const struct redis_options *options; /* user, password and TLS; borrowed */
};
/* conn: ready, the receiver's from now on (redis_conn_use it at once), at what `to` says. NULL: why. Never from within redis_dial_begin; the dial is to be
 * cancelled then, too. */
typedef void redis_dialled(void *ctx, struct redis_conn *conn, const char *to_or_why);
struct redis_dial;
struct redis_dial *redis_dial_begin(const struct redis_dial_options *options,
                                    redis_dialled *done, void *ctx);
void redis_dial_cancel(struct redis_dial **dial);
#endif
