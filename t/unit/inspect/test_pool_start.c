/* test_pool_start.c - a zygote that was started again and hangs before it is ready: killed in time, said once, and the next one serves. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "inspect/pool.h"
#include "t/lib/log_capture.h"
#include "t/lib/pool_client.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define AGAIN_MS 1000
#define HANGS    2

static char dir[200];

static char *in_dir(char path[300], const char *name)
{
    snprintf(path, 300, "%s/%s", dir, name);
    return path;
}

static void touch(const char *name)
{
    char path[300];
    FILE *file = fopen(in_dir(path, name), "w");

    ck_assert_ptr_nonnull(file);
    fclose(file);
}

/* Notes who it is; hangs once for each hangN that lies there, else it is the honest inspector. */
static void write_program(char path[300])
{
    FILE *file = fopen(in_dir(path, "postgate-inspect"), "w");

    ck_assert_ptr_nonnull(file);
    fprintf(file,
            "#!/bin/sh\ncd %s\necho $$ >>pids\nfor i in 1 2; do\n"
            "    if mv hang$i hung$i 2>/dev/null; then exec sleep 600; fi\ndone\n"
            "exec %s \"$@\"\n",
            dir, pool_client_program(HONEST));
    fclose(file);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static struct pool *start(void)
{
    char path[300];
    struct pool_options options = {.kind = &pool_content,
                                   .program = path,
                                   .workers = 1,
                                   .messages = 100,
                                   .memory = 256 << 20,
                                   .timeout = 20000,
                                   .again_ms = AGAIN_MS,
                                   .limits = {2000, 30, 1000, 262144, 200, 0}};
    struct pool *pool = NULL;
    struct err err;

    ck_assert_ptr_nonnull(temp_dir_make(dir));
    write_program(path);
    ck_assert_msg(pool_start(&pool, &options, &err) == 0, "%s", err.text);
    return pool;
}

/* Those that were started, in order. */
static size_t read_pids(int pids[8])
{
    char path[300];
    FILE *file = fopen(in_dir(path, "pids"), "r");
    size_t count = 0;

    while (count < 8 && fscanf(file, "%d", &pids[count]) == 1)
        count++;
    fclose(file);
    return count;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static bool passes(struct pool *pool)
{
    int fd = pool_client_seal(SPAN(CLEAN), ALL_SEALS);
    struct pool_result result = {.facts = NULL};
    bool is_passed;

    if (pool_client_submit(pool, fd, NULL, &result) == 0)
        pool_client_await(&result);
    is_passed = result.facts != NULL;
    facts_free(&result.facts);
    close(fd);
    return is_passed;
}

START_TEST(test_hanging_zygote_is_killed)
{
    struct pool *pool = start();
    int64_t until = clock_mono_ms() + 40000;
    int pids[8];

    pool_client_clean(pool, "the start");
    log_capture_begin();
    touch("hang1");
    touch("hang2");
    ck_assert_uint_eq(read_pids(pids), 1);
    ck_assert_int_eq(kill(pids[0], SIGKILL), 0);
    while (read_pids(pids) < 2 && clock_mono_ms() < until)
        poll(NULL, 0, 10);
    while (!passes(pool) && clock_mono_ms() < until)
        poll(NULL, 0, 20); /* refused while it is known to be gone */
    ck_assert_msg(clock_mono_ms() < until, "%s", log_capture_text());
    ck_assert_uint_ge(read_pids(pids), 2 + HANGS);
    for (size_t i = 1; i <= HANGS; i++)
        ck_assert_int_eq(kill(pids[i], 0), -1); /* and waited for */
    ck_assert_uint_eq(count_of(log_capture_text(), "not ready after"), 1);
    ck_assert_uint_eq(count_of(log_capture_text(), "start: in order again"), 1);
    pool_stop(&pool);
    temp_dir_remove(dir);
}
END_TEST

SUITE_MAIN("inspect/pool_start", test_hanging_zygote_is_killed)
