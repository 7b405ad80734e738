/* What the rest of policyd sees of the cluster. Three states: not configured (`redis` or `cluster_name` is empty: one machine), configured but not
 * a member (works as one machine and says so), member. */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H
#include "conf/settings.h"
#include "policyd/cluster/redis.h"
#include "store/policy_db.h"

/* Starts the links and threads when configured; mail never waits for any of it. -1: settings that cannot be used. */
int cluster_begin(const struct settings *settings, struct policy_db *db, struct err *err);
void cluster_end(void);
bool cluster_is_configured(void);
bool cluster_is_member(void);
/* Configured, but what says who this node is is damaged or of another cluster: why. It works as if not configured. NULL: no such trouble. */
const char *cluster_trouble(void);
/* The links; NULL when not configured. Admin: the same Redis as redis_admin_user (may write what administrators write), or the node's own link
 * when that setting is empty. Counters: a link of its own, to redis_counters or the same Redis, since it gives up sooner. */
struct redis *cluster_redis(void);
struct redis *cluster_redis_admin(void);
struct redis *cluster_redis_counters(void);
const struct settings *cluster_settings(void);
struct policy_db *cluster_db(void);
/* "postgate:{CLUSTER}:" and the rest, printf-like; appended. */
void cluster_key(struct str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Free part of Redis' maxmemory in percent, 100 without a limit; asked each 5 s by the membership thread. Below 20 nothing is written that can be
 * left out (answers with content, new counters and greylist entries). */
int cluster_redis_free_percent(void);
void cluster_redis_note_free(int percent);
#endif
