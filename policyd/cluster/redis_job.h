/* One command on its way: its bytes, its deadline, and who waits for it. Lists of them keep their order. No locks: who holds the list cares. */
#ifndef CLUSTER_REDIS_JOB_H
#define CLUSTER_REDIS_JOB_H
#include "policyd/cluster/redis.h"

struct redis_job {
    struct redis_job *next;
    char *bytes; /* hiredis'; NULL once they are not needed any more */
    size_t len;
    const struct redis_script *script; /* or NULL */
    size_t argc;                       /* after EVALSHA SHA1 */
    bool is_in_full;                   /* sent as EVAL */
    int64_t begun_ms, deadline_ms;
    bool is_given_up; /* its deadline went by: the reply is still to come, and nobody waits */
    bool is_handed_over; /* done takes the reply (redis_ask) */
    redis_done *done;
    void *ctx;
};
struct redis_jobs {
    struct redis_job *first, **end;
    size_t count, bytes;
};

/* NULL with a text: too long, or words that hiredis cannot format. */
struct redis_job *redis_job_new(const struct redis_command *command, struct err *err);
struct redis_job *redis_job_format(int timeout_ms, struct err *err, const char *format,
                                   va_list args);
void redis_job_put_in_full(struct redis_job *job); /* EVALSHA becomes EVAL */
/* Tells who waits (unless given up) and frees it. reply is taken over; NULL: why. */
void redis_job_finish(struct redis_job **job, redisReply *reply, const char *why);
/* Tells who waits, and keeps it for the reply that may still come. */
void redis_job_give_up(struct redis_job *job, const char *why);

void redis_jobs_add(struct redis_jobs *jobs, struct redis_job *job);
struct redis_job *redis_jobs_take(struct redis_jobs *jobs);           /* the first, or NULL */
void redis_jobs_move(struct redis_jobs *to, struct redis_jobs *from); /* all, behind */
#endif
