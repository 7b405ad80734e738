/* test_redis.c - the link with a real redis-server: commands, deadlines, scripts, hints, what happens when it hangs, goes and comes back. */
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "policyd/cluster/redis.h"
#include "t/lib/redis_server.h"
#include "t/lib/suite.h"

static struct redis_server server;
static struct redis *redis;
static sem_t ups, hints;
static struct err err;

static void on_up(void *ctx)
{
    (void)ctx;
    sem_post(&ups);
}

/* Waits for what must come; Check ends a test that waits in vain. */
static void await(sem_t *what)
{
    while (sem_wait(what) != 0)
        continue;
}

static struct redis *link_to(const char *where, const char *user, const char *password_file)
{
    const struct redis_options options = {.health = "redis",
                                          .where = where,
                                          .user = user,
                                          .password_file = password_file,
                                          .on_up = on_up};

    signal(SIGPIPE, SIG_IGN);
    log_open("test", true);
    sem_init(&ups, 0, 0);
    sem_init(&hints, 0, 0);
    redis = redis_new(&options, &err);
    ck_assert_msg(redis != NULL, "%s", err.text);
    return redis;
}

static void begin(const char *config)
{
    redis_server_start(&server, config);
    link_to(server.where, "", "");
    await(&ups);
}

static void end(void)
{
    redis_free(&redis);
    redis_server_stop(&server);
}

static void set_and_get(void)
{
    redisReply *reply = redis_askf(redis, 5000, &err, "SET key %b", "a\0b", (size_t)3);

    ck_assert_msg(reply != NULL, "%s", err.text);
    freeReplyObject(reply);
    reply = redis_askf(redis, 5000, &err, "GET key");
    ck_assert_msg(reply != NULL, "%s", err.text);
    ck_assert_uint_eq(reply->len, 3);
    freeReplyObject(reply);
}

START_TEST(test_commands)
{
    struct str state = STR_EMPTY;

    begin("");
    ck_assert(redis_is_up(redis));
    set_and_get();
    ck_assert_ptr_null(redis_askf(redis, 5000, &err, "NOSUCH thing"));
    ck_assert_msg(strncmp(err.text, "Redis: ERR unknown command", 26) == 0, "%s", err.text);
    redis_state(redis, &state);
    ck_assert_msg(strncmp(str_cstr(&state), "up since 20", 11) == 0, "%s", str_cstr(&state));
    str_clear(&state);
    end();
}
END_TEST

/* Sent before there is a connection: they wait for it. */
START_TEST(test_before_the_connection)
{
    redis_server_start(&server, "");
    link_to(server.where, "", "");
    set_and_get();
    end();
}
END_TEST

static void run_script(bool only_reads)
{
    struct redis_script script = {.text = "return {KEYS[1], ARGV[1]}",
                                  .only_reads = only_reads};
    const struct span words[] = {SPAN("1"), SPAN("key"), SPAN("value")};
    const struct redis_command command = {&script, COUNT_OF(words), words, 5000};

    for (int i = 0; i < 3; i++) { /* unknown, known, forgotten */
        redisReply *reply = redis_ask(redis, &command, &err);
        ck_assert_msg(reply != NULL, "%s", err.text);
        ck_assert_uint_eq(reply->elements, 2);
        ck_assert_str_eq(reply->element[1]->str, "value");
        freeReplyObject(reply);
        if (i == 1)
            freeReplyObject(redis_askf(redis, 5000, &err, "SCRIPT FLUSH"));
    }
    ck_assert_uint_eq(strlen(script.sha1), 40);
    freeReplyObject(redis_askf(redis, 5000, &err, "SCRIPT FLUSH"));
}

START_TEST(test_script)
{
    begin("");
    run_script(false);
    run_script(true);
    end();
}
END_TEST

static void keep_number(void *ctx, const redisReply *reply, const char *why)
{
    (void)why;
    *(long long *)ctx =
        reply != NULL && reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
}

/* What was given first is done first, though Redis may not know its script yet. */
START_TEST(test_scripts_in_order)
{
    static struct redis_script add = {.text = "return redis.call('INCR', KEYS[1])"},
                               look = {.text =
                                           "return tonumber(redis.call('GET', KEYS[1]) or 0)"};
    const struct span words[] = {SPAN("1"), SPAN("n")};
    const struct redis_command adds = {&add, COUNT_OF(words), words, 5000},
                               looks = {&look, COUNT_OF(words), words, 5000};
    long long added = 0, seen = -2;

    begin("");
    freeReplyObject(redis_ask(redis, &looks, &err)); /* known from here on */
    redis_send(redis, &adds, keep_number, &added);
    redis_send(redis, &looks, keep_number, &seen);
    freeReplyObject(redis_askf(redis, 5000, &err, "PING"));
    ck_assert_int_eq(added, 1);
    ck_assert_int_eq(seen, 1);
    end();
}
END_TEST

static char last_hint[64];

static void on_hint(void *ctx, struct span message)
{
    (void)ctx;
    snprintf(last_hint, sizeof last_hint, "%.*s", SPAN_ARG(message));
    sem_post(&hints);
}

START_TEST(test_hints)
{
    begin("");
    redis_subscribe(redis, "changed", on_hint, NULL);
    await(&hints);
    ck_assert_str_eq(last_hint, ""); /* subscribed: some may have been missed */
    freeReplyObject(redis_askf(redis, 5000, &err, "PUBLISH changed %s", "")); /* not ours */
    freeReplyObject(redis_askf(redis, 5000, &err, "PUBLISH changed rules"));
    await(&hints);
    ck_assert_str_eq(last_hint, "rules");
    redis_server_kill(&server);
    redis_server_again(&server, "");
    await(&hints);
    ck_assert_str_eq(last_hint, "");
    end();
}
END_TEST

/* What was under way fails in time; then commands fail at once; one probe brings it back. */
START_TEST(test_hanging)
{
    int64_t begun, took;

    begin("");
    redis_server_freeze(&server, true);
    for (int i = 0; i < 3; i++) {
        begun = clock_mono_ms();
        ck_assert_ptr_null(redis_askf(redis, 50, &err, "GET key"));
        took = clock_mono_ms() - begun;
        ck_assert_msg(took >= 45 && took < 2000, "%d ms: %s", (int)took, err.text);
    }
    begun = clock_mono_ms();
    for (int i = 0; i < 1000; i++)
        ck_assert_ptr_null(redis_askf(redis, 50, &err, "GET key"));
    took = clock_mono_ms() - begun;
    ck_assert_msg(took < 10000, "%d ms for 1000", (int)took); /* it would be 50,000 */
    ck_assert_msg(strstr(err.text, "Redis is away") != NULL, "%s", err.text);
    ck_assert(!redis_is_up(redis));
    redis_server_freeze(&server, false);
    await(&ups);
    set_and_get();
    end();
}
END_TEST

START_TEST(test_killed_and_back)
{
    begin("");
    set_and_get();
    redis_server_kill(&server);
    redis_server_again(&server, "");
    await(&ups);
    set_and_get();
    end();
}
END_TEST

static void send_many(size_t count, redis_done *done, atomic_size_t *counts)
{
    const struct span words[] = {SPAN("INCR"), SPAN("n")};
    const struct redis_command command = {NULL, COUNT_OF(words), words, 5000};

    for (size_t i = 0; i < count; i++)
        redis_send(redis, &command, done, counts);
}

static void count_done(void *ctx, const redisReply *reply, const char *why)
{
    atomic_size_t *counts = ctx;

    ck_assert((reply == NULL) == (why != NULL));
    atomic_fetch_add(&counts[reply != NULL ? 0 : 1], 1);
}

/* Each is answered exactly once, whatever happens meanwhile. */
START_TEST(test_each_once)
{
    atomic_size_t counts[2] = {0, 0};

    begin("");
    send_many(5000, count_done, counts);
    redis_server_freeze(&server, true);
    send_many(REDIS_MAX_QUEUE, count_done, counts);
    ck_assert_uint_gt(atomic_load(&counts[1]), 0); /* no room: at once */
    redis_server_kill(&server);
    redis_free(&redis);
    ck_assert_uint_eq(counts[0] + counts[1], 5000 + REDIS_MAX_QUEUE);
    redis_server_stop(&server);
}
END_TEST

static atomic_bool is_over;

static void *ask_again_and_again(void *unused)
{
    struct err mine;

    while (!atomic_load(&is_over))
        freeReplyObject(redis_askf(redis, 20, &mine, "INCR n"));
    return unused;
}

/* Threads that ask while the server hangs, dies and comes back: all of them return. */
START_TEST(test_many_threads)
{
    pthread_t threads[8];

    begin("");
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_again_and_again, NULL), 0);
    for (int i = 0; i < 2; i++) {
        redis_server_freeze(&server, true);
        while (redis_is_up(redis))
            freeReplyObject(redis_askf(redis, 20, &err, "GET n"));
        redis_server_kill(&server);
        redis_server_again(&server, "");
        await(&ups);
    }
    atomic_store(&is_over, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    end();
}
END_TEST

/* As long as a reply may be, and longer: the connection is given up, the link is not. */
START_TEST(test_long_replies)
{
    redisReply *reply;

    begin("");
    freeReplyObject(redis_askf(redis, 20000, &err, "SETRANGE long 50000000 x"));
    reply = redis_askf(redis, 20000, &err, "GET long");
    ck_assert_msg(reply != NULL && reply->len == 50000001, "%s", err.text);
    freeReplyObject(reply);
    freeReplyObject(redis_askf(redis, 20000, &err, "SETRANGE long 70000000 x"));
    ck_assert_ptr_null(redis_askf(redis, 20000, &err, "GET long"));
    ck_assert_msg(strstr(err.text, "a reply of more than 67108864 bytes") != NULL, "%s",
                  err.text);
    set_and_get();
    end();
}
END_TEST

START_TEST(test_readonly)
{
    begin("");
    freeReplyObject(redis_askf(redis, 5000, &err, "SET a b"));
    freeReplyObject(redis_askf(redis, 5000, &err, "REPLICAOF 127.0.0.1 1"));
    ck_assert_ptr_null(redis_askf(redis, 5000, &err, "SET a c"));
    ck_assert_msg(strstr(err.text, "READONLY") != NULL, "%s", err.text);
    while (redis_is_up(redis)) /* the reply comes just before the link lets go */
        freeReplyObject(redis_askf(redis, 50, &err, "GET a"));
    ck_assert_ptr_null(redis_askf(redis, 5000, &err, "GET a"));
    ck_assert_msg(strstr(err.text, "no primary but a slave") != NULL, "%s", err.text);
    end();
}
END_TEST

START_TEST(test_password)
{
    char *path;

    redis_server_start(&server, "--requirepass secret");
    path = file_path(server.dir, "password");
    ck_assert_int_eq(file_replace(path, SPAN("wrong\n"), 0600, &err), 0);
    link_to(server.where, "default", path);
    ck_assert_ptr_null(redis_askf(redis, 10000, &err, "GET a"));
    ck_assert_msg(strstr(err.text, "it refuses the user default: WRONGPASS") != NULL, "%s",
                  err.text);
    ck_assert_int_eq(file_replace(path, SPAN("secret\n"), 0600, &err), 0);
    await(&ups); /* read anew at each attempt */
    set_and_get();
    free(path);
    end();
}
END_TEST

START_TEST(test_wrong_options)
{
    const struct redis_options options = {.health = "redis", .where = "sentinel:gate"};

    ck_assert_ptr_null(redis_new(&options, &err));
    link_to("unix:/nonexistent/redis", NULL, NULL);
    ck_assert_ptr_null(redis_askf(redis, 10000, &err, "GET a"));
    ck_assert_msg(strstr(err.text, "unix:/nonexistent/redis: No such file") != NULL, "%s",
                  err.text);
    redis_free(&redis);
}
END_TEST

/* In place of the C library's: no name is known. */
int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict wanted, struct addrinfo **restrict found_r)
{
    (void)name, (void)service, (void)found_r;
    return wanted->ai_flags & AI_NUMERICHOST ? EAI_NONAME : EAI_AGAIN;
}

START_TEST(test_unknown_name)
{
    link_to("inet:redis.example:6379", "", "");
    ck_assert_ptr_null(redis_askf(redis, 10000, &err, "GET a"));
    ck_assert_msg(strstr(err.text, "inet:redis.example:6379: the name cannot be resolved") !=
                      NULL,
                  "%s", err.text);
    redis_free(&redis);
}
END_TEST

SUITE_MAIN("redis", test_commands, test_before_the_connection, test_script,
           test_scripts_in_order, test_hints, test_hanging, test_killed_and_back,
           test_each_once, test_readonly, test_password, test_wrong_options, test_unknown_name,
           test_many_threads, test_long_replies)
