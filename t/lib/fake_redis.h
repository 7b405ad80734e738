/* A Redis in memory, linked instead of the link (policyd/cluster/redis.h) and of cluster.c: what the signed logs ask of it, and nothing else. Tests write into it as
 * anybody might. One thread. */
#ifndef T_LIB_FAKE_REDIS_H
#define T_LIB_FAKE_REDIS_H
#include "base/str.h"
#include "store/policy_db.h"

#define FAKE_CLUSTER "test"

void fake_redis_begin(struct policy_db *db);
void fake_redis_end(void);
/* Keys without "postgate:{test}:". NULL: not there. */
const struct str *fake_redis_get(const char *key);
void fake_redis_set(const char *key, struct span value);
void fake_redis_unset(const char *key);
void fake_redis_make_list(const char *key); /* it is of another type now */
/* The row of a subject in `heads`; NULL removes it. */
void fake_redis_set_head(const char *subject, const char *row);
const char *fake_redis_head(const char *subject);
void fake_redis_set_up(bool is_up); /* false: nothing is answered */
size_t fake_redis_commands(void);
#endif
