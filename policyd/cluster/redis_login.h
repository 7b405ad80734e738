/* What is said first on a connection, and what must be answered. */
#ifndef CLUSTER_REDIS_LOGIN_H
#define CLUSTER_REDIS_LOGIN_H
#include "policyd/cluster/redis.h"

#define REDIS_LOGIN_MAX 3 /* AUTH, ROLE, PING */

struct redis_login {
    size_t count, at; /* answers expected, answers had */
    int (*judge[REDIS_LOGIN_MAX])(const char *user, const redisReply *reply, struct err *err);
};
/* Appends the commands to out. -1: the password file cannot be read. */
int redis_login_begin(struct redis_login *login, const struct redis_options *options,
                      struct str *out, struct err *err);
/* The next answer: 1 that was the last and all is well, 0 more to come, -1 not here (text). */
int redis_login_reply(struct redis_login *login, const struct redis_options *options,
                      const redisReply *reply, struct err *err);
/* AUTH alone, appended; 0 nothing to say. For a sentinel that asks for it. */
int redis_login_auth(const struct redis_options *options, struct str *out, struct err *err);
#endif
