/* Questions of a test and the answers as they came: for suites that run the real resolver. */
#ifndef T_LIB_DNS_ASKS_H
#define T_LIB_DNS_ASKS_H
#include <pthread.h>
#include "base/clock.h"
#include "dns/dns.h"
#include "t/lib/suite.h"

#define ASKS_MAX 3000

struct ask {
    enum dns_status status;
    bool is_done, is_nxdomain, is_secure;
    uint32_t ttl;
    size_t count, len;
    char first[16500], name[DNS_NAME_MAX + 1];
    int64_t done_us;
    pthread_t thread;
};

static struct ask asks[ASKS_MAX];
static size_t ask_count, done_count;
static pthread_mutex_t asks_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t asks_changed = PTHREAD_COND_INITIALIZER;

static inline void asks_done(void *ctx, const struct dns_answer *answer)
{
    struct ask *ask = ctx;

    pthread_mutex_lock(&asks_lock);
    ck_assert(!ask->is_done); /* exactly once */
    ask->is_done = true;
    ask->status = answer->status;
    ask->is_nxdomain = answer->is_nxdomain;
    ask->is_secure = answer->is_secure;
    ask->ttl = answer->ttl;
    ask->count = answer->count;
    memcpy(ask->name, answer->name.ptr, answer->name.len);
    ask->name[answer->name.len] = '\0';
    if (answer->count > 0) {
        ask->len = answer->records[0].len;
        memcpy(ask->first, answer->records[0].ptr, ask->len);
    }
    ask->done_us = clock_mono_us();
    ask->thread = pthread_self();
    done_count++;
    pthread_cond_broadcast(&asks_changed);
    pthread_mutex_unlock(&asks_lock);
}

static inline struct dns_question asks_question(enum dns_type type, const char *name,
                                                int64_t timeout_ms)
{
    struct ask *ask;

    ck_assert_uint_lt(ask_count, ASKS_MAX);
    ask = &asks[ask_count++];
    ask->is_done = false;
    return (struct dns_question){.type = type,
                                 .name = span_of(name),
                                 .deadline = clock_mono_ms() + timeout_ms,
                                 .done = asks_done,
                                 .ctx = ask};
}

static inline void asks_wait(size_t count)
{
    struct timespec end;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 40;
    pthread_mutex_lock(&asks_lock);
    while (done_count < count && rc == 0)
        rc = pthread_cond_timedwait(&asks_changed, &asks_lock, &end);
    pthread_mutex_unlock(&asks_lock);
    ck_assert_msg(rc == 0, "%zu of %zu answers came", done_count, count);
}

static inline void asks_wait_for(const struct ask *ask)
{
    pthread_mutex_lock(&asks_lock);
    while (!ask->is_done) /* by its deadline at the latest */
        pthread_cond_wait(&asks_changed, &asks_lock);
    pthread_mutex_unlock(&asks_lock);
}

/* One question, answered; others may still be under way. */
static inline const struct ask *ask_one(enum dns_type type, const char *name)
{
    struct dns_question question = asks_question(type, name, 9000);

    dns_ask(&question, 1);
    asks_wait_for(question.ctx);
    return question.ctx;
}
#endif
