/* pool_client.c - starts a pool with the inspector built beside the test, gives it messages, waits for answers. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "t/lib/pool_client.h"

const char *pool_client_program(const char *relative)
{
    static char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 100);

    ck_assert_int_gt(len, 0);
    path[len] = '\0';
    len = strrchr(path, '/') + 1 - path;
    snprintf(path + len, sizeof path - (size_t)len, "%s", relative);
    return path;
}

struct pool *pool_client_start(const char *relative, unsigned workers, unsigned messages,
                               int64_t timeout)
{
    struct pool_options options = {.kind = &pool_content,
                                   .program = pool_client_program(relative),
                                   .workers = workers,
                                   .messages = messages,
                                   .memory = 256 << 20,
                                   .timeout = timeout,
                                   .limits = {2000, 30, 1000, 262144, 200, 0}};
    struct pool *pool = NULL;
    struct err err;

    log_open("test_pool", true);
    ck_assert_msg(pool_start(&pool, &options, &err) == 0, "%s", err.text);
    return pool;
}

int pool_client_seal(struct span bytes, int seals)
{
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

int pool_client_take(void *ctx, struct span answer, struct err *err)
{
    struct pool_result *result = ctx;

    result->facts = content_facts_read(answer, &result->wants, err);
    return result->facts != NULL ? 0 : -1;
}

void pool_client_done(void *ctx, const char *failure)
{
    struct pool_result *result = ctx;

    pthread_mutex_lock(&result->lock);
    snprintf(result->failure, sizeof result->failure, "%s", failure != NULL ? failure : "");
    result->is_done = true;
    pthread_cond_signal(&result->done);
    pthread_mutex_unlock(&result->lock);
}

int pool_client_submit(struct pool *pool, int fd, const struct content_wants *wants,
                       struct pool_result *result)
{
    static const struct content_wants nothing = {.headers = {"", 0}};
    const struct content_wants *asked = wants != NULL ? wants : &nothing;
    struct pool_job job = {.message_fd = fd,
                           .deadline = clock_mono_ms() + 30000,
                           .wants = asked->flags,
                           .body = asked->headers,
                           .take = pool_client_take,
                           .done = pool_client_done,
                           .ctx = result};
    struct err err;

    *result = (struct pool_result){
        .lock = PTHREAD_MUTEX_INITIALIZER, .wants = *asked, .done = PTHREAD_COND_INITIALIZER};
    err_reset(&err);
    if (pool_submit(pool, &job, &err) == 0)
        return 0;
    snprintf(result->failure, sizeof result->failure, "%s", err.text);
    return -1;
}

void pool_client_await(struct pool_result *result)
{
    pthread_mutex_lock(&result->lock);
    while (!result->is_done)
        pthread_cond_wait(&result->done, &result->lock);
    pthread_mutex_unlock(&result->lock);
}

void pool_client_inspect(struct pool *pool, struct span message, struct pool_result *result)
{
    int fd = pool_client_seal(message, ALL_SEALS);

    ck_assert_msg(pool_client_submit(pool, fd, NULL, result) == 0, "%s", result->failure);
    pool_client_await(result);
    close(fd);
}

void pool_client_clean(struct pool *pool, const char *after)
{
    struct pool_result result;

    pool_client_inspect(pool, SPAN(CLEAN), &result);
    ck_assert_msg(result.facts != NULL, "after %s: %s", after, result.failure);
    ck_assert_int_eq(facts_get(result.facts, FACT_MIME_BROKEN)->state, FACT_VALUE);
    facts_free(&result.facts);
}
