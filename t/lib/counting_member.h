/* One member of a cluster for counters and greylist, around a real Redis of the test's own; the rest of the cluster is played here. */
#ifndef T_LIB_COUNTING_MEMBER_H
#define T_LIB_COUNTING_MEMBER_H
#include <semaphore.h>
#include "conf/settings.h"
#include "policyd/cluster/redis.h"
#include "t/lib/redis_server.h"

struct counting_member {
    struct settings settings; /* redis_counter_timeout ... */
    struct redis *redis;
    struct redis_server server;
    int64_t limit;    /* of every counter; -1: none */
    int free_percent; /* of Redis' memory */
    sem_t answers;    /* posted by whoever is told one */
};
extern struct counting_member member;

void member_begin(const char *config); /* arguments of redis-server */
void member_end(void);
void member_await(void); /* one answer */
int64_t member_number(const char *command);
int64_t member_info(const char *section, const char *name); /* "memory", "used_memory:" */
/* A revision of 1 MB still finds room. */
void member_expect_room(void);
#endif
