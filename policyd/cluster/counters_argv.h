/* The words of one command to Redis, in memory of their own: added one by one, then given to redis_send or redis_ask. */
#ifndef CLUSTER_COUNTERS_ARGV_H
#define CLUSTER_COUNTERS_ARGV_H
#include "base/arena.h"
#include "base/str.h"

#define ARGV_MAX 2000
struct argv {
    struct arena *arena;
    size_t count;
    struct span of[ARGV_MAX];
};
struct argv *argv_new(void);
void argv_free(struct argv **argv);
void argv_add(struct argv *argv, struct span word); /* copied; past ARGV_MAX nothing is added */
void argv_number(struct argv *argv, int64_t number);
/* "postgate:{CLUSTER}:" and the rest (cluster.h). */
void argv_key(struct argv *argv, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What a request that began then may still wait for Redis (redis_counter_timeout in all), in ms; 0: no more. */
int counters_patience(int64_t begun_ms);
#endif
