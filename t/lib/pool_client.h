/* A pool of real workers and one who waits for its answers; for tests of postgate-inspect. Call from a Check test. */
#ifndef T_LIB_POOL_CLIENT_H
#define T_LIB_POOL_CLIENT_H
#include <fcntl.h>
#include <pthread.h>
#include "inspect/content_facts.h"
#include "inspect/pool.h"

/* From the directory of the test program. */
#define EVIL   "../../evil/postgate-inspect"
#define HONEST "../../../postgate-inspect"
#define CLEAN  "From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n"

#define ALL_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct pool_result {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    struct content_wants wants;
    struct facts *facts;
    char failure[1100];
};

/* The path of one of these; until the next call. */
const char *pool_client_program(const char *relative);
struct pool *pool_client_start(const char *program, unsigned workers, unsigned messages,
                               int64_t timeout);
/* A memfd with these bytes and seals. */
int pool_client_seal(struct span bytes, int seals);
/* wants NULL: nothing but what always is. -1 when it is not taken: result->failure. */
int pool_client_submit(struct pool *pool, int fd, const struct content_wants *wants,
                       struct pool_result *result);
/* Of a job; ctx is its result. */
int pool_client_take(void *ctx, struct span answer, struct err *err);
void pool_client_done(void *ctx, const char *failure);
void pool_client_await(struct pool_result *result);
/* Seal, submit, await. */
void pool_client_inspect(struct pool *pool, struct span message, struct pool_result *result);
/* A clean message passes. */
void pool_client_clean(struct pool *pool, const char *after);
#endif
